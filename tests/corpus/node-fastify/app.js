module.exports = async function app(fastify, options) {
  fastify.get("/health", async () => "ok");
};
