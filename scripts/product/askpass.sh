#!/bin/sh
# What git runs to ask a person for user name and password.
case "$1" in
  Username*) echo "$TEST_LOGIN" ;;
  *) echo sandbox ;;
esac
