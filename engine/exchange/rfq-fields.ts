import {
  type Count,
  type Money,
  ONE_CONTRACT,
  ONE_DOLLAR,
  type Price,
  parseMoney,
  parsePrice,
} from '../units/index.ts';
import { invalidParameters } from './call.ts';
import { boolField, countField, intField, stringField, subaccountField } from './fields.ts';
import { Refusal } from './order.ts';
import type { RfqTerms } from './rfq.ts';

type Json = Readonly<Record<string, unknown>>;

/** What is asked for: contracts or a sum, exactly one of them. @throws Refusal */
export function rfqTerms(o: Json, model: string): RfqTerms {
  const ticker = stringField(o, 'market_ticker', model);
  if (ticker === '') throw invalidParameters('market_ticker is required');
  const whole = intField(o, 'contracts', model);
  const exact = (o['contracts_fp'] ?? null) === null ? null : countField(o, 'contracts_fp', model);
  if (whole !== null && exact !== null && exact !== whole * ONE_CONTRACT)
    throw invalidParameters('contracts and contracts_fp differ');
  const contracts = exact ?? (whole === null ? null : countField({ contracts: String(whole) }, 'contracts', model));
  const targetCost = costField(o, model);
  if ((contracts !== null) === targetCost > 0)
    throw invalidParameters('exactly one of contracts and target_cost_dollars is required');
  return {
    subaccount: subaccountField(o, 'subaccount', model),
    ticker,
    contracts: contracts ?? (0 as Count),
    targetCost,
    excludesFees: boolField(o, 'target_cost_excludes_fees', model),
    restRemainder: boolField(o, 'rest_remainder', model),
  };
}

/** Dollars to spend, 0 where none are named. @throws Refusal */
function costField(o: Json, model: string): Money {
  const old = intField(o, 'target_cost_centi_cents', model) ?? 0;
  const text = stringField(o, 'target_cost_dollars', model) || (old / ONE_DOLLAR).toFixed(4);
  try {
    const money = parseMoney(text);
    if (money >= 0) return money;
  } catch {}
  throw invalidParameters('target_cost_dollars must be an amount of dollars');
}

/** A bid of a quote; "0" is none. Quotes need not fit the market's price grid. @throws Refusal */
export function bidField(o: Json, name: string, model: string): Price {
  const text = stringField(o, name, model);
  try {
    const price = text === '' ? (0 as Price) : parsePrice(text);
    if (price >= 0 && price < ONE_DOLLAR) return price;
  } catch {}
  throw new Refusal(400, 'invalid_price');
}
