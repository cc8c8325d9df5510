import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';

/** As `provisioning/datasources/techno.yaml` makes them. */
export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: 'techno-prometheus' };
export const JAEGER: DataSourceRef = { type: 'jaeger', uid: 'techno-jaeger' };
