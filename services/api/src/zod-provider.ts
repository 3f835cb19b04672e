import type { FastifySchemaCompiler, FastifyTypeProvider } from "fastify";
import { z } from "zod";

/** Gives handlers the type that their zod schema yields. */
export interface ZodTypeProvider extends FastifyTypeProvider {
  validator: this["schema"] extends z.ZodType ? z.output<this["schema"]> : unknown;
  serializer: this["schema"] extends z.ZodType ? z.input<this["schema"]> : unknown;
}

/** Lets routes state their input as zod schemas, in place of fastify's JSON Schema. */
export const compileZod: FastifySchemaCompiler<z.ZodType> = ({ schema }) => {
  return (input) => {
    const parsed = schema.safeParse(input);
    return parsed.success
      ? { value: parsed.data }
      : { error: new Error(z.prettifyError(parsed.error)) };
  };
};
