client = {
    "apiKey": "f8a1c0d2e3b4a596",
    "region": "eu-west-1",
}
database = "postgres://orders:battery-staple@db.internal/orders"
