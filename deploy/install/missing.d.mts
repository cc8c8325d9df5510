export function missingPackages(root: string): { required: string[]; optional: string[] };
export function allows(list: readonly string[] | undefined, own: string): boolean;
export function ownNode(root: string): string | undefined;
export function ownNodeVersion(root: string): string | undefined;
