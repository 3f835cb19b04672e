"""Health checks as commands that need no shell, and nothing beside what the image has anyway."""

from __future__ import annotations

from pipeline.detect.model import ImageSettings

# The answer is a frame of five bytes, and then the message: field 1 of it (08) is the status, of which 1 means that it serves.
_GRPC = (
    "import('node:http2').then(({connect})=>{"
    "const s=connect(`http://127.0.0.1:%s`);s.on('error',()=>process.exit(1));"
    "const r=s.request({':method':'POST',':path':'/grpc.health.v1.Health/Check','content-type':'application/grpc',te:'trailers'});"
    "let b=Buffer.alloc(0);r.on('data',d=>{b=Buffer.concat([b,d])});"
    "r.on('end',()=>process.exit(b[5]===8&&b[6]===1?0:1));r.on('error',()=>process.exit(1));r.end(Buffer.alloc(5))})"
)


def node_command(image: ImageSettings) -> tuple[str, ...]:
    """Return the command that asks a Node service for its health, with node itself; nothing where it is not asked."""
    port = f"${{process.env.PORT||{image.port}}}"
    match image.health.kind:
        case "http":
            address = f"`http://127.0.0.1:{port}{image.health.path}`"
            return ("node", "-e", f"fetch({address}).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))")
        case "grpc":
            return ("node", "-e", _GRPC % (image.health.port or port))
        case "command":
            return image.health.command
        case "none":
            return ()
