#!/bin/sh
npx cdk deploy --all
aws cloudformation update-stack --stack-name orders
