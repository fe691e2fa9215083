// simdjson's on-demand interface: fields by name, in any order, texts and numbers as they lie in the frame.
#include <simdjson.h>

#include "driver.hpp"

namespace {

bool decimal(std::string_view text, int scale, int64_t &value) {
  size_t i = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) i++;
  const size_t first = i;
  int decimals = -1;
  value = 0;
  for (; i < text.size(); i++) {
    const unsigned d = (unsigned)(text[i] - '0');
    if (d <= 9) {
      if (decimals >= scale) {
        if (d != 0) return false;
        continue;
      }
      value = value * 10 + d;
      if (decimals >= 0) decimals++;
    } else if (text[i] == '.' && decimals < 0 && i > first && i + 1 < text.size()) decimals = 0;
    else return false;
  }
  if (i == first || i - first > 17) return false;
  for (int d = decimals < 0 ? 0 : decimals; d < scale; d++) value *= 10;
  if (negative) value = -value;
  return true;
}

}  // namespace

int main(int, char **argv) {
  Frames frames = load(argv[1], simdjson::SIMDJSON_PADDING);
  const Tickers &tickers = frames.tickers;
  simdjson::ondemand::parser parser;
  return serve(frames, [&](const char *p, size_t length, size_t room, Delta &out) {
    simdjson::ondemand::document doc;
    simdjson::ondemand::object msg;
    std::string_view type, ticker, price, change, side;
    uint64_t sid, seq, ms;
    int64_t own;
    if (parser.iterate(p, length, room).get(doc)) return false;
    if (doc["type"].get_string().get(type) || type != "orderbook_delta") return false;
    if (doc["sid"].get_uint64().get(sid) || doc["seq"].get_uint64().get(seq) || sid == 0 || seq == 0) return false;
    if (doc["msg"].get_object().get(msg)) return false;
    if (msg["market_ticker"].get_string().get(ticker)) return false;
    out.market = tickers.find(ticker.data(), ticker.size());
    if (out.market < 0) return false;
    if (msg["price_dollars"].get_string().get(price) || !decimal(price, 4, own) || own < 0 || own > 10000) return false;
    out.price = (int)own;
    if (msg["delta_fp"].get_string().get(change) || !decimal(change, 2, out.count)) return false;
    if (msg["side"].get_string().get(side)) return false;
    out.yes = side == "yes";
    if (!out.yes && side != "no") return false;
    return !msg["ts_ms"].get_uint64().get(ms);
  });
}
