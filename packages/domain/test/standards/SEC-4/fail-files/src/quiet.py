PASSWORD_FIELD = "password"
token = os.environ.get("TOKEN", "")
login = {"password": "<typed by the user>", "secret": "${token}"}
