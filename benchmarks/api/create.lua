-- A job for each request; the key comes as a header of the command line.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"prompt": "a red fox", "steps": 1}'
