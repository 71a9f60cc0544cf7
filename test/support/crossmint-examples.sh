# The examples of the crossmint contract's reference, word for word but for the two tokens, which the environment brings.
curl -c cookies.txt -X POST http://localhost:3000/api/auth/session \
-H "Content-Type: application/json" \
-d '{"jwt":"eyJhbGci...","refreshToken":"rt_...","email":"user@example.com"}'

curl -b cookies.txt http://localhost:3000/api/auth/profile

curl -b cookies.txt -c cookies.txt -X POST http://localhost:3000/api/auth/logout
