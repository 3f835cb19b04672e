module.exports = async function app(fastify) {
  fastify.get("/health", async () => "ok");
};
