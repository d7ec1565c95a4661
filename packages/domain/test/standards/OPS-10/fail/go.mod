module example.com/orders

go 1.26

require (
	example.com/x/y v1.3.9 // indirect
	example.com/z v0.1.0
)
