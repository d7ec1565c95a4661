print("untested")
