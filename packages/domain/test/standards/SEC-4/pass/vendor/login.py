password = "battery-staple"
