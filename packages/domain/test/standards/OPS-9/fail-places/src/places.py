ACCOUNT = "111122223333"
REGION = "eu-central-1"
ROLE = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ORDER = "id-111122223333-7"
