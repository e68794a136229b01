// What Grafana takes as a dashboard of these panels: the types that it is itself compiled with.
import type * as dashboard from '@grafana/schema/dist/types/raw/dashboard/x/types.gen';
import type * as timeseries from '@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/types.gen';
import type * as stat from '@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/types.gen';
import type * as bargauge from '@grafana/schema/dist/types/raw/composable/bargauge/panelcfg/x/types.gen';
import type * as table from '@grafana/schema/dist/types/raw/composable/table/panelcfg/x/types.gen';
import type * as timeline from '@grafana/schema/dist/types/raw/composable/statetimeline/panelcfg/x/types.gen';

/** A query of a Prometheus data source. */
export interface PrometheusQuery {
  refId: string;
  expr: string;
  datasource?: dashboard.DataSourceRef;
  editorMode?: 'code' | 'builder';
  exemplar?: boolean;
  format?: 'time_series' | 'table' | 'heatmap';
  instant?: boolean;
  interval?: string;
  legendFormat?: string;
  range?: boolean;
}

interface Drawn<Type, Options, Custom> extends Omit<dashboard.Panel, 'type' | 'options' | 'fieldConfig' | 'targets'> {
  type: Type;
  options: Partial<Options>;
  targets: PrometheusQuery[];
  fieldConfig: Omit<dashboard.FieldConfigSource, 'defaults'> & {
    defaults: Omit<dashboard.FieldConfig, 'custom'> & { custom?: Partial<Custom> };
  };
}

export type Panel =
  | Drawn<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | Drawn<'stat', stat.Options, Record<string, never>>
  | Drawn<'bargauge', bargauge.Options, Record<string, never>>
  | Drawn<'table', table.Options, table.FieldConfig>
  | Drawn<'state-timeline', timeline.Options, timeline.FieldConfig>;

export interface Annotation extends Omit<dashboard.AnnotationQuery, 'target'> {
  expr?: string;
  step?: string;
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
  useValueForTime?: boolean;
}

export interface Dashboard extends Omit<dashboard.Dashboard, 'panels' | 'annotations'> {
  panels: Array<Panel | (Omit<dashboard.RowPanel, 'panels'> & { panels: Panel[] })>;
  annotations: { list: Annotation[] };
}
