PASSWORD_FIELD = "password"
token = os.environ.get("TOKEN", "")
login = {"password": "changeme", "secret": "${token}"}
