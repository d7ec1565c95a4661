// Where orders are.
export const queue = "https://sqs.eu-west-1.amazonaws.com/111111111111/orders";
