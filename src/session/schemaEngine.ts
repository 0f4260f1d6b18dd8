import { firstInstalled } from '../base/firstInstalled.ts';

/**
 * What a schema says of a value. The value has whatever type the SDK has asked for: `never` fits
 * each, where a type parameter would be taken from the wrong half of the SDK's own union.
 */
export type SchemaVerdict =
  | { readonly valid: true; readonly data: never; readonly errorMessage: undefined }
  | { readonly valid: false; readonly data: undefined; readonly errorMessage: string };

/** Says whether a value fits a schema. */
export type Validate = (value: unknown) => SchemaVerdict;

/** Validates values against JSON schemas: the `jsonSchemaValidator` of either SDK, by structure. */
export interface SchemaValidator {
  getValidator(schema: object): Validate;
}

/** Makes an engine, or throws what kept one from being found. */
type Maker = () => SchemaValidator;

let make: Maker | undefined;
let finding: Promise<void> | undefined;

/**
 * Finds the schema engine of the SDK that is installed, once in a process; `undefined` where that
 * is done. Factories run afterwards, since what takes an engine can not wait for one.
 */
export function engineSought(): Promise<void> | undefined {
  if (make !== undefined) return undefined;
  return (finding ??= find().then(
    (found) => void (make = found),
    (error: unknown) => {
      make = () => {
        throw error;
      };
    },
  ));
}

/**
 * A new engine of the SDK that is installed.
 *
 * @throws ActorsError `sdk-missing` where neither SDK is installed
 */
export function newEngine(): SchemaValidator {
  if (make === undefined) throw new Error('no engine was sought: a factory runs after that');
  return make();
}

function find(): Promise<Maker> {
  return firstInstalled<Maker>(
    [
      async () => {
        const { AjvJsonSchemaValidator } =
          await import('@modelcontextprotocol/server/validators/ajv');
        return tried(() => new AjvJsonSchemaValidator() as SchemaValidator);
      },
      async () => {
        const { AjvJsonSchemaValidator } = await import('@modelcontextprotocol/sdk/validation/ajv');
        return tried(() => new AjvJsonSchemaValidator() as SchemaValidator);
      },
      async () => {
        const { CfWorkerJsonSchemaValidator } =
          await import('@modelcontextprotocol/server/validators/cf-worker');
        return tried(() => new CfWorkerJsonSchemaValidator() as SchemaValidator);
      },
    ],
    '@modelcontextprotocol/server (v2) or @modelcontextprotocol/sdk (v1)',
  );
}

/** @throws whatever the first schema meets: a worker may not compile code, as Ajv does */
function tried(maker: Maker): Maker {
  maker().getValidator({ type: 'object' })({});
  return maker;
}
