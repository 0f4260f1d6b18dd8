import { newEngine, type SchemaValidator, type Validate } from './schemaEngine.ts';

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
export class SharedValidator implements SchemaValidator {
  #engine: SchemaValidator;
  readonly #compiled = new Map<string, Validate>();

  /** @throws ActorsError `sdk-missing` */
  constructor() {
    this.#engine = newEngine();
  }

  getValidator(schema: object): Validate {
    const text = JSON.stringify(schema);
    if (text.includes('"$id"')) return newEngine().getValidator(schema);
    const known = this.#compiled.get(text);
    if (known !== undefined) return known;
    if (this.#compiled.size >= MAX_SCHEMAS) {
      this.#compiled.clear();
      this.#engine = newEngine();
    }
    const validator = this.#engine.getValidator(schema);
    this.#compiled.set(text, validator);
    return validator;
  }
}
