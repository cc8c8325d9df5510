import { readConfig } from '../config.ts';

export const loadConfig = () => readConfig('executor', {}, process.env);
