// The hand-written way in C: the keys in the exchange's order and without spaces are taken for granted and compared,
// the values between them are read where they must lie. Anything else is refused, as a caller with a slower way would.
#include "driver.hpp"

namespace {

struct Cursor {
  const char *p;
  const char *end;
};

template <size_t N>
inline bool literal(Cursor &c, const char (&text)[N]) {
  if ((size_t)(c.end - c.p) < N - 1 || memcmp(c.p, text, N - 1) != 0) return false;
  c.p += N - 1;
  return true;
}

inline bool number(Cursor &c, int most, uint64_t &value) {
  const char *start = c.p;
  value = 0;
  while (c.p < c.end && (unsigned)(*c.p - '0') < 10) value = value * 10 + (unsigned)(*c.p++ - '0');
  const auto digits = c.p - start;
  return digits > 0 && digits <= most && (digits == 1 || *start != '0');
}

inline bool text(Cursor &c, const char *&from, size_t &length) {
  from = c.p;
  const char *quote = (const char *)memchr(c.p, '"', (size_t)(c.end - c.p));
  if (quote == nullptr || (quote > from && quote[-1] == '\\')) return false;
  length = (size_t)(quote - from);
  c.p = quote;
  return true;
}

inline bool dollars(Cursor &c, int &price) {
  if (c.end - c.p < 6 || c.p[0] != '0' || c.p[1] != '.') return false;
  price = 0;
  for (int i = 2; i < 6; i++) {
    const unsigned d = (unsigned)(c.p[i] - '0');
    if (d > 9) return false;
    price = price * 10 + (int)d;
  }
  c.p += 6;
  return true;
}

inline bool contracts(Cursor &c, int64_t &count) {
  const bool negative = c.p < c.end && *c.p == '-';
  if (negative) c.p++;
  const char *start = c.p;
  int64_t value = 0;
  while (c.p < c.end && (unsigned)(*c.p - '0') < 10) value = value * 10 + (*c.p++ - '0');
  const auto digits = c.p - start;
  if (digits == 0 || digits > 12 || c.end - c.p < 3 || *c.p != '.') return false;
  const unsigned tens = (unsigned)(c.p[1] - '0'), ones = (unsigned)(c.p[2] - '0');
  if (tens > 9 || ones > 9) return false;
  value = value * 100 + tens * 10 + ones;
  count = negative ? -value : value;
  c.p += 3;
  return true;
}

}  // namespace

int main(int, char **argv) {
  Frames frames = load(argv[1], 64);
  const Tickers &tickers = frames.tickers;
  return serve(frames, [&](const char *p, size_t length, size_t, Delta &out) {
    Cursor c{p, p + length};
    uint64_t sid, seq, ms;
    const char *from;
    size_t size;
    if (!literal(c, "{\"type\":\"orderbook_delta\",\"sid\":") || !number(c, 9, sid)) return false;
    if (!literal(c, ",\"seq\":") || !number(c, 15, seq) || sid == 0 || seq == 0) return false;
    if (!literal(c, ",\"msg\":{\"market_ticker\":\"") || !text(c, from, size)) return false;
    out.market = tickers.find(from, size);
    if (out.market < 0) return false;
    if (!literal(c, "\",\"market_id\":\"") || !text(c, from, size)) return false;
    if (!literal(c, "\",\"price_dollars\":\"") || !dollars(c, out.price)) return false;
    if (!literal(c, "\",\"delta_fp\":\"") || !contracts(c, out.count)) return false;
    if (!literal(c, "\",\"side\":\"")) return false;
    if (literal(c, "yes")) out.yes = true;
    else if (literal(c, "no")) out.yes = false;
    else return false;
    if (!literal(c, "\",\"ts\":\"") || !text(c, from, size)) return false;
    if (!literal(c, "\",\"ts_ms\":") || !number(c, 15, ms)) return false;
    return literal(c, "}}") && c.p == c.end;
  });
}
