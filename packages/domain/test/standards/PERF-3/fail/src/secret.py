import boto3


def secret():
    return boto3.client("secretsmanager").get_secret_value(SecretId="a")
