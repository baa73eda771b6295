// How fast logs of our own traffic are read and counted, in lines a second, and what the counts of
// a million names take: real lines, repeated with other hosts and clients to a million.
#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/traffic/bind_query_log.h"
#include "agent/traffic/squid_access_log.h"
#include "agent/traffic/traffic.h"
#include "agent/traffic/zeek_log.h"
#include "tests/bench/heap.h"

namespace agent::traffic {
namespace {

constexpr std::size_t lines_count = 1'000'000;
const policy::TimePoint now = policy::ParseTime("2026-11-24T12:00:00Z").value();

using Read = std::function<LineResult(std::string_view line)>;

struct Log {
  std::string_view name;
  std::string_view line;  // "@" is the host's number, "%" the client's
  Read read;
};

std::vector<Log> Logs() {
  ZeekLog zeek{feeds::HomeNet()};
  return {{"bind",
           "24-Nov-2026 07:26:50.668 queries: info: client @0x7fa63a01a098 10.0.%.26#51052 "
           "(www.h@.example): query: www.h@.example IN A + (10.0.0.53)",
           [](std::string_view line) { return ReadBindQuery(line, {}); }},
          {"squid-connect",
           "1795505341.704      3 10.0.%.39 TCP_TUNNEL/200 39 CONNECT www.h@.example:443 - "
           "HIER_NONE/- -",
           ReadSquidAccess},
          {"squid-http",
           "1795505341.758      0 10.0.%.30 TCP_MISS/200 229 GET http://www.h@.example/a?b=c - "
           "HIER_NONE/- text/html",
           ReadSquidAccess},
          {"zeek-dns-json",
           R"({"ts":1795505341.8,"id.orig_h":"10.0.%.1","id.resp_h":"10.0.0.2","id.resp_p":53,)"
           R"("query":"www.h@.example","qtype_name":"A"})",
           [zeek](std::string_view line) mutable {
             std::string header;
             return zeek.Read(line, header);
           }},
          {"zeek-dns-tabs", "1795505341.8\t10.0.%.1\t10.0.0.2\twww.h@.example",
           [zeek, header = std::string("#fields\tts\tid.orig_h\tid.resp_h\tquery")](
               std::string_view line) mutable { return zeek.Read(line, header); }}};
}

// The BIND line has an "@" of its own.
std::string LineOf(const Log& log, std::size_t host, std::size_t client) {
  std::string text;
  for (std::size_t i = 0; i < log.line.size(); ++i) {
    const char c = log.line[i];
    if (c == '@' && log.line.substr(i, 3) != "@0x") {
      text += std::to_string(host);
    } else if (c == '%') {
      text += std::to_string(client);
    } else {
      text += c;
    }
  }
  return text;
}

std::vector<std::string> LinesOf(const Log& log, std::size_t hosts) {
  std::vector<std::string> lines;
  lines.reserve(lines_count);
  for (std::size_t i = 0; i < lines_count; ++i) {
    lines.push_back(LineOf(log, i * 7919 % hosts, i % 251));
  }
  return lines;
}

const policy::PublicSuffixList& Suffixes() {
  static const auto suffixes = policy::PublicSuffixList::Parse("example\n").value();
  return suffixes;
}

void CountAll(benchmark::State& state, const Log& log, std::size_t hosts) {
  const auto lines = LinesOf(log, hosts);
  std::size_t held = 0;
  std::size_t names = 0;
  for (auto _ : state) {
    const std::size_t before = HeapBytes();
    Traffic traffic(Suffixes(), 4'000'000, {1, 2});
    for (const std::string& line : lines) {
      const auto request = log.read(line);
      if (request && *request) traffic.Add(**request, now);
    }
    held = HeapBytes() - before;
    names = traffic.size();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(lines.size()));
  state.counters["names"] = static_cast<double>(names);
  state.counters["heap_mib"] = static_cast<double>(held) / (1 << 20);
}

// What the engine asks of each proposal.
void LookUp(benchmark::State& state) {
  Traffic traffic(Suffixes(), 4'000'000, {1, 2});
  std::vector<policy::Indicator> asked;
  for (std::size_t i = 0; i < lines_count; ++i) {
    const auto name = policy::Domain::Parse("h" + std::to_string(i) + ".example").value();
    if (i % 2 == 0) traffic.Add({.at = now, .client = "10.0.0.1", .name = name}, now);
    if (i % 10 == 0) asked.emplace_back(name);
  }
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(traffic.ClientsOf(asked[i], now));
    if (++i == asked.size()) i = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

void Keep(benchmark::State& state) {
  Traffic traffic(Suffixes(), 4'000'000, {1, 2});
  for (std::size_t i = 0; i < lines_count; ++i) {
    const auto name = policy::Domain::Parse("h" + std::to_string(i) + ".example").value();
    traffic.Add({.at = now, .client = "10.0.0." + std::to_string(i % 251), .name = name}, now);
  }
  for (auto _ : state) {
    const std::string document = traffic.Document();
    Traffic again(Suffixes(), 4'000'000, {});
    if (!again.Read(document)) state.SkipWithError("it does not read what it wrote");
    state.counters["file_mib"] = static_cast<double>(document.size()) / (1 << 20);
  }
}

}  // namespace
}  // namespace agent::traffic

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  for (const auto& log : agent::traffic::Logs()) {
    for (const std::size_t hosts : {1'000, 1'000'000}) {
      const std::string name = std::string(log.name) + "/hosts:" + std::to_string(hosts);
      benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        agent::traffic::CountAll(state, log, hosts);
      })->Unit(benchmark::kMillisecond);
    }
  }
  benchmark::RegisterBenchmark("look_up/of:1000000", agent::traffic::LookUp);
  benchmark::RegisterBenchmark("write_and_read/of:1000000", agent::traffic::Keep)
      ->Unit(benchmark::kMillisecond);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
