"""A build stage of this repository's own."""

from dataclasses import replace


def build(container, inputs):
    """Build with a variable more, and leave a note of it."""
    variables = {**inputs.variables, "STAGE": "own"}
    command = ("sh", "-ec", "echo 'exports.stage = process.env.STAGE ?? \"own\";' >>src/generated.js && npm run build")
    return container.with_env_variable("STAGE", "own").with_exec(["sh", "-c", inputs.command[2].splitlines()[0]]), replace(
        inputs, command=command, variables=variables
    )
