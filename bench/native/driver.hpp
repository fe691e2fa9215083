// What the C++ candidates of the decoder's benchmark share: the frames, the tickers, the sum, the clock.
//
// Started with a file of frames; each line of standard input, `time MS`, is answered with `SUM NS`: the sum over one
// pass (the same as in bench/books/candidate.ts) and the median nanoseconds a frame over the passes done in MS,
// both in CPU time of the process: who else has the processor meanwhile does not count.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

struct Delta {
  int market;
  bool yes;
  int price;  // 1e-4 dollars, the leg's own money
  int64_t count;  // 1e-2 contracts
};

// Tickers -> index, by open addressing over a hash of eight-byte words; every byte is compared.
struct Tickers {
  std::vector<std::string> names;
  std::vector<int32_t> slots;
  uint32_t mask = 0;

  static uint32_t hash(const char *p, size_t n) {
    uint64_t h = n;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      uint64_t w;
      memcpy(&w, p + i, 8);
      h = (h ^ w) * 0x9e3779b97f4a7c15ull;
    }
    uint64_t w = 0;
    memcpy(&w, p + i, n - i);
    h = (h ^ w) * 0x9e3779b97f4a7c15ull;
    return (uint32_t)(h >> 32);
  }

  void index() {
    size_t size = 64;
    while (size < names.size() * 2) size *= 2;
    mask = (uint32_t)size - 1;
    slots.assign(size, -1);
    for (size_t i = 0; i < names.size(); i++) {
      uint32_t s = hash(names[i].data(), names[i].size()) & mask;
      while (slots[s] >= 0) s = (s + 1) & mask;
      slots[s] = (int32_t)i;
    }
  }

  int find(const char *p, size_t n) const {
    for (uint32_t s = hash(p, n) & mask;; s = (s + 1) & mask) {
      const int32_t i = slots[s];
      if (i < 0) return -1;
      if (names[i].size() == n && memcmp(names[i].data(), p, n) == 0) return i;
    }
  }
};

struct Frames {
  Tickers tickers;
  std::vector<uint32_t> starts;
  std::vector<char> bytes;  // with room behind the last frame
  size_t length = 0;
};

[[noreturn]] inline void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

// tickers, their lengths and bytes; frames, their starts (one more) and bytes; all numbers 32 bits, little-endian
inline Frames load(const char *path, size_t padding) {
  FILE *file = fopen(path, "rb");
  if (file == nullptr) fail("cannot open the frames");
  const auto number = [&] {
    uint32_t n;
    if (fread(&n, 4, 1, file) != 1) fail("the frames end early");
    return n;
  };
  Frames f;
  f.tickers.names.resize(number());
  for (auto &name : f.tickers.names) {
    name.resize(number());
    if (fread(name.data(), 1, name.size(), file) != name.size()) fail("the frames end early");
  }
  f.tickers.index();
  f.starts.resize(number() + 1);
  for (auto &start : f.starts) start = number();
  f.length = f.starts.back();
  f.bytes.resize(f.length + padding);
  if (fread(f.bytes.data(), 1, f.length, file) != f.length) fail("the frames end early");
  fclose(file);
  return f;
}

inline int32_t mix(int32_t sum, int32_t a, int64_t b) {
  return (int32_t)((uint32_t)sum * 31u + (uint32_t)a * 10007u + (uint32_t)b);
}

inline double cpu_ns() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

// `decode(frame, length, room, delta)`: false where the frame is not what it should be.
template <typename Decode>
int serve(Frames &f, Decode decode) {
  const size_t frames = f.starts.size() - 1;
  char line[64];
  puts("ready");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != nullptr) {
    const double budget = atof(line + 5) * 1e6;
    std::vector<double> passes;
    int32_t sum = 0;
    double spent = 0;
    do {
      const double start = cpu_ns();
      sum = 0;
      for (size_t i = 0; i < frames; i++) {
        Delta d;
        const char *p = f.bytes.data() + f.starts[i];
        if (!decode(p, f.starts[i + 1] - f.starts[i], f.bytes.size() - f.starts[i], d)) fail("not a delta");
        const int price = d.yes ? d.price : 10000 - d.price;
        sum = mix(sum, d.market * 2 + (d.yes ? 0 : 1), (int64_t)price * 3 + d.count);
      }
      passes.push_back(cpu_ns() - start);
      spent += passes.back();
    } while (spent < budget);
    std::sort(passes.begin(), passes.end());
    printf("%d %.3f\n", sum, passes[passes.size() / 2] / frames);
    fflush(stdout);
  }
  return 0;
}
