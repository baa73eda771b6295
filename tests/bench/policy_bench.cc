// What the pure core costs on real indicators and real lists: parsing, deciding, minimising, and
// how many bytes an entry takes. Merging runs against iprange on the same file in the same run.
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "policy/evaluate.h"
#include "policy/minimise.h"
#include "policy/release.h"
#include "tests/bench/heap.h"
#include "tests/bench/real_indicators.h"
#include "tests/policy/decisions_fixture.h"
#include "tests/policy/real_allowlists.h"

namespace policy {
namespace {

namespace fs = std::filesystem;

// A folder of its own that goes when the program ends.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "policy_bench.XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  fs::path File(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

// `count` addresses and prefixes like real lists' after years: four fifths single addresses, many
// side by side.
std::string RandomNetset(std::size_t count) {
  std::mt19937 random(20260315);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const int host_bits = random() % 5 == 0 ? static_cast<int>(1 + random() % 8) : 0;
    // Within a sixteenth of the space, so that prefixes meet each other.
    const auto address = static_cast<std::uint32_t>((0x20000000u | (random() & 0x0fffffffu)) >>
                                                    host_bits << host_bits);
    text += IpPrefix::From(IpFamily::v4, address, 32 - host_bits)->ToString();
    text += '\n';
  }
  return text;
}

std::vector<IpPrefix> ParseNetset(std::string_view text) {
  std::vector<IpPrefix> prefixes;
  prefixes.reserve(text.size() / 12);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (const auto prefix = IpPrefix::Parse(text.substr(0, end), HostBits::clear)) {
      prefixes.push_back(*prefix);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return prefixes;
}

std::string PrintNetset(const std::vector<IpPrefix>& prefixes) {
  std::string text;
  text.reserve(prefixes.size() * 18);
  for (const IpPrefix& prefix : prefixes) {
    text += prefix.is_address() ? prefix.AddressString() : prefix.ToString();
    text += '\n';
  }
  return text;
}

double SecondsOf(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// --- the benchmarks ---

void ParseDomains(benchmark::State& state, const RealIndicators& data) {
  const auto count = std::min(static_cast<std::size_t>(state.range(0)), data.domains.size());
  for (auto _ : state) {
    for (std::size_t i = 0; i < count; ++i) {
      benchmark::DoNotOptimize(Domain::Parse(data.domains[i]));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

void ParseAddresses(benchmark::State& state, const RealIndicators& data) {
  const auto count = std::min(static_cast<std::size_t>(state.range(0)), data.addresses.size());
  for (auto _ : state) {
    for (std::size_t i = 0; i < count; ++i) {
      benchmark::DoNotOptimize(IpPrefix::Parse(data.addresses[i]));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

void EvaluateAll(benchmark::State& state, const std::vector<std::string>& texts,
                 const Allowlist& allowlist, const PublicSuffixList& suffixes) {
  const auto count = std::min(static_cast<std::size_t>(state.range(0)), texts.size());
  const Bench bench;
  std::vector<Observation> observations;
  observations.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    observations.push_back(Bench::Seen(texts[i], bench.now - std::chrono::hours(1)));
  }
  std::size_t proposed = 0;
  for (auto _ : state) {
    proposed = 0;
    for (const Observation& seen : observations) {
      const SourcedObservation sourced{&bench.feed, &seen};
      const Decision decision =
          Evaluate({&seen.indicator, {&sourced, 1}}, bench.policy, allowlist, suffixes, bench.now);
      proposed += decision.outcome == Outcome::proposed;
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
  state.counters["proposed"] = static_cast<double>(proposed);
}

void CompileAllowlist(benchmark::State& state, const PublicSuffixList& suffixes) {
  std::vector<std::pair<AllowSource, std::vector<AllowEntry>>> lists;
  for (const RealList& list : RealLists()) {
    if (auto parsed = ParseMispWarninglist(ReadWholeFile(RealListPath(list.folder)))) {
      lists.push_back({{list.folder, list.category, list.effect}, std::move(parsed->entries)});
    }
  }
  const std::size_t before = HeapBytes();
  std::optional<Allowlist> allowlist;
  for (auto _ : state) {
    Allowlist::Builder builder(suffixes);
    for (const auto& [source, entries] : lists) builder.Add(source, entries);
    allowlist.emplace(std::move(builder).Build());
  }
  const auto entries = static_cast<double>(allowlist->size());
  state.counters["entries"] = entries;
  state.counters["bytes_per_entry"] = static_cast<double>(HeapBytes() - before) / entries;
}

void MinimiseNames(benchmark::State& state, const RealIndicators& data) {
  const auto count = std::min(static_cast<std::size_t>(state.range(0)), data.domains.size());
  const std::vector<std::string_view> names(
      data.domains.begin(), data.domains.begin() + static_cast<std::ptrdiff_t>(count));
  std::size_t kept = 0;
  for (auto _ : state) kept = MinimiseDomains(names).size();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
  state.counters["kept"] = static_cast<double>(kept);
}

void MergeOnly(benchmark::State& state) {
  const auto prefixes = ParseNetset(RandomNetset(static_cast<std::size_t>(state.range(0))));
  for (auto _ : state) benchmark::DoNotOptimize(MergePrefixes(prefixes));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void ExcludeOnly(benchmark::State& state) {
  const auto blocked = ParseNetset(RandomNetset(static_cast<std::size_t>(state.range(0))));
  std::vector<IpPrefix> allowed;
  for (std::size_t i = 0; i < blocked.size(); i += 50) allowed.push_back(blocked[i]);
  for (auto _ : state) benchmark::DoNotOptimize(ExcludePrefixes(blocked, allowed));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void ParseSnapshot(benchmark::State& state, const RealIndicators& data) {
  std::vector<std::string> lines;
  const auto count = std::min(static_cast<std::size_t>(state.range(0)), data.domains.size());
  for (std::size_t i = 0; i < count; ++i) lines.push_back("domain " + data.domains[i]);
  const std::string text = ListSnapshot::FromLines(std::move(lines))->text();
  const std::size_t before = HeapBytes();
  std::shared_ptr<const ListSnapshot> list;
  for (auto _ : state) list = *ListSnapshot::Parse(text);
  state.counters["bytes_per_entry"] =
      static_cast<double>(HeapBytes() - before) / static_cast<double>(count);
  state.counters["text_bytes_per_entry"] =
      static_cast<double>(text.size()) / static_cast<double>(count);
}

void ApplyOneChange(benchmark::State& state, const RealIndicators& data) {
  std::vector<std::string> lines;
  const auto count = std::min(static_cast<std::size_t>(state.range(0)), data.domains.size());
  for (std::size_t i = 0; i < count; ++i) lines.push_back("domain " + data.domains[i]);
  const auto list = ListSnapshot::FromLines(std::move(lines));
  const Delta delta{{"domain one-more.example"}, {std::string(list->line(count / 2))}};
  for (auto _ : state) {
    if (!list->Apply(delta)) state.SkipWithError("the delta does not fit the list");
  }
}

// --- against iprange ---

fs::path Iprange() {
  if (const char* path = std::getenv("SEKISHO_IPRANGE")) return path;
  const fs::path unpacked = fs::path(SEKISHO_SOURCE_DIR) / ".peers" / "usr" / "bin" / "iprange";
  if (fs::exists(unpacked)) return unpacked;
  return std::system("command -v iprange > /dev/null") == 0 ? "iprange" : "";
}

std::string Read(const fs::path& path) {
  std::string text(fs::file_size(path), '\0');
  std::ifstream(path, std::ios::binary)
      .read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

void Write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// Ours and theirs do the same: read a file of text, work, write a file of text. Each in turn, so
// that a busy machine slows both.
void AgainstIprange(benchmark::State& state, const std::string& options, bool excludes) {
  const fs::path iprange = Iprange();
  if (iprange.empty()) {
    state.SkipWithError("no iprange: set SEKISHO_IPRANGE or apt-get install iprange");
    return;
  }
  const Scratch scratch;
  const fs::path blocked = scratch.File("blocked"), allowed = scratch.File("allowed");
  const fs::path ours = scratch.File("ours"), theirs = scratch.File("theirs");
  const std::string netset = RandomNetset(static_cast<std::size_t>(state.range(0)));
  Write(blocked, netset);
  std::string allowed_text;
  const auto lines = LinesOf(netset);
  for (std::size_t i = 0; i < lines.size(); i += 50) allowed_text.append(lines[i]) += '\n';
  Write(allowed, allowed_text);
  const std::string command = iprange.string() + " '" + blocked.string() + "' " + options +
                              (excludes ? " '" + allowed.string() + "'" : "") + " > '" +
                              theirs.string() + "'";
  double our_seconds = 0;
  double work_seconds = 0;
  double their_seconds = 0;
  for (auto _ : state) {
    std::vector<IpPrefix> in, out;
    const double read = SecondsOf([&] {
      in = ParseNetset(Read(blocked));
      if (excludes) out = ParseNetset(Read(allowed));
    });
    const double work =
        SecondsOf([&] { out = excludes ? ExcludePrefixes(in, out) : MergePrefixes(in); });
    const double write = SecondsOf([&] { Write(ours, PrintNetset(out)); });
    state.SetIterationTime(read + work + write);
    our_seconds += read + work + write;
    work_seconds += work;
    their_seconds += SecondsOf([&] {
      if (std::system(command.c_str()) != 0) state.SkipWithError("iprange failed");
    });
  }
  if (Read(ours) != Read(theirs)) {
    state.SkipWithError("our result is not iprange's");
    return;
  }
  state.counters["iprange_s"] =
      benchmark::Counter(their_seconds, benchmark::Counter::kAvgIterations);
  state.counters["work_s"] = benchmark::Counter(work_seconds, benchmark::Counter::kAvgIterations);
  state.counters["times_faster"] = their_seconds / our_seconds;
}

void Register(const RealIndicators& data, const Allowlist& allowlist) {
  const auto sized = [](benchmark::internal::Benchmark* b) {
    b->Arg(1'000)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
  };
  const auto million = [](benchmark::internal::Benchmark* b) {
    b->Arg(1'000'000)->Unit(benchmark::kMillisecond);
  };
  const auto add = [](const char* name, auto work) {
    return benchmark::RegisterBenchmark(name, work);
  };
  sized(add("ParseDomains", [&](auto& s) { ParseDomains(s, data); }));
  sized(add("ParseAddresses", [&](auto& s) { ParseAddresses(s, data); }));
  sized(add("EvaluateDomains",
            [&](auto& s) { EvaluateAll(s, data.domains, allowlist, data.suffixes()); }));
  sized(add("EvaluateAddresses",
            [&](auto& s) { EvaluateAll(s, data.addresses, allowlist, data.suffixes()); }));
  add("CompileAllowlist", [&](auto& s) { CompileAllowlist(s, data.suffixes()); })
      ->Unit(benchmark::kMillisecond)
      ->Iterations(1);
  sized(add("MinimiseDomains", [&](auto& s) { MinimiseNames(s, data); }));
  million(add("ParseSnapshot", [&](auto& s) { ParseSnapshot(s, data); }));
  million(add("ApplyOneChange", [&](auto& s) { ApplyOneChange(s, data); }));
}

void RegisterWithoutData() {
  for (const std::int64_t size : {1'000, 10'000, 100'000, 1'000'000}) {
    benchmark::RegisterBenchmark("MergePrefixes", MergeOnly)
        ->Arg(size)
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark("ExcludePrefixes", ExcludeOnly)
        ->Arg(size)
        ->Unit(benchmark::kMillisecond);
  }
  const auto add = [](const char* name, const char* options, bool excludes) {
    benchmark::RegisterBenchmark(name,
                                 [=](benchmark::State& s) { AgainstIprange(s, options, excludes); })
        ->Arg(1'000'000)
        ->UseManualTime()
        ->Iterations(5)
        ->Unit(benchmark::kMillisecond);
  };
  add("MergeFileAgainstIprange", "--optimize", false);
  add("ExcludeFileAgainstIprange", "--except", true);
}

}  // namespace
}  // namespace policy

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  policy::RegisterWithoutData();
  std::optional<policy::RealIndicators> data;
  std::optional<policy::Allowlist> allowlist;
  if (policy::RealIndicators::Exists()) {
    data.emplace();
    allowlist.emplace(CompileRealLists(data->suffixes()));
    policy::Register(*data, *allowlist);
  } else {
    std::cerr << RealDataPath("") << " is absent: set SEKISHO_REAL_DATA to measure real data\n";
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
