import type { Exchange } from '../exchange.ts';
import type { FaultInjector } from './injector.ts';

/** Triggers order groups in the middle of what their owners are doing: at the n-th order or fill of the plan. */
export function triggerGroups(exchange: Exchange, injector: FaultInjector, elapsedMs: () => number): void {
  const seen = new Set<string>();
  const strike = (on: 'create' | 'fill', orderId: string): void => {
    const order = exchange.orders.get(orderId);
    const group = exchange.groups.get(order?.groupId ?? '');
    if (order !== undefined && group !== undefined && injector.triggers(on, order.userId, elapsedMs()))
      exchange.desk.trip(group);
  };
  exchange.listeners.push({
    delta: () => {},
    trade: () => {},
    fill: (fill) => strike('fill', fill.orderId),
    order: (order) => {
      if (seen.has(order.orderId)) return;
      seen.add(order.orderId);
      strike('create', order.orderId);
    },
    position: () => {},
    group: () => {},
  });
}
