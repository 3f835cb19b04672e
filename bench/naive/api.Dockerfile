# What most repositories have: one stage, sources before dependencies, everything in the image.
FROM node-build
WORKDIR /app
COPY . .
RUN --mount=type=secret,id=ca,target=/run/host/ca.pem,mode=0444 \
    --mount=type=secret,id=NODE_EXTRA_CA_CERTS,env=NODE_EXTRA_CA_CERTS \
    npm install && npm run build
EXPOSE 3000
CMD npm start
