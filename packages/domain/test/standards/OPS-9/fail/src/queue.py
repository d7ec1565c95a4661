# Where orders are.
QUEUE = "https://sqs.eu-west-1.amazonaws.com/111111111111/orders"
