const open = ["/healthz"];

exports.handler = (request, answer) => {
  answer.statusCode = open.includes(request.url) ? 200 : 404;
  answer.end("ok");
};
