const grpc = require("@grpc/grpc-js");
const { HealthImplementation } = require("grpc-health-check");

const server = new grpc.Server();
new HealthImplementation({ "": "SERVING" }).addToServer(server);
server.bindAsync(`0.0.0.0:${process.env.PORT ?? 50051}`, grpc.ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
process.on("SIGTERM", () => process.exit(0));
