KEY = "Idempotency-Key"
