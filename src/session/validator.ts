import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import type {
  JsonSchemaType,
  JsonSchemaValidator,
  jsonSchemaValidator,
} from '@modelcontextprotocol/sdk/validation/types.js';

const MAX_SCHEMAS = 256;

/**
 * One schema validator for all sessions: a server that builds its own costs five times the memory
 * of the rest of a session.
 *
 * The engine keeps every schema object it ever compiled, and schemas of elicitations are new
 * objects each time. So compiled validators are remembered by the schema's text, and at a limit the
 * engine is dropped with all of them. A schema with an `$id` gets an engine of its own: by id, one
 * session's schema would answer for another's.
 */
export class SharedValidator implements jsonSchemaValidator {
  #engine = new AjvJsonSchemaValidator();
  readonly #compiled = new Map<string, JsonSchemaValidator<unknown>>();

  getValidator<T>(schema: JsonSchemaType): JsonSchemaValidator<T> {
    const text = JSON.stringify(schema);
    if (text.includes('"$id"')) return new AjvJsonSchemaValidator().getValidator<T>(schema);
    const known = this.#compiled.get(text);
    if (known !== undefined) return known as JsonSchemaValidator<T>;
    if (this.#compiled.size >= MAX_SCHEMAS) {
      this.#compiled.clear();
      this.#engine = new AjvJsonSchemaValidator();
    }
    const validator = this.#engine.getValidator<T>(schema);
    this.#compiled.set(text, validator);
    return validator;
  }
}
