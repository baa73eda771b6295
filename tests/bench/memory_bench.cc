// What an entry takes on its way through the agent, in bytes of heap or file: said by a feed,
// assessed into a candidate, kept in the store, published in a list, served by an exporter; and
// what a change of one hundredth of a list costs.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "agent/feeds/registry.h"
#include "agent/publish/publication.h"
#include "agent/sources.h"
#include "agent/store/sqlite_store.h"
#include "exporters/http_list/published.h"
#include "exporters/http_list/variants.h"
#include "policy/release.h"
#include "tests/bench/heap.h"
#include "tests/platform/temporary_folder.h"

namespace agent {
namespace {

constexpr policy::TimePoint now{std::chrono::seconds(1'790'000'000)};
constexpr std::size_t rows_max = 2'000'000;

std::string NameOf(std::int64_t i) {
  return "host-" + std::to_string(i * 7919 % 10'000'019) + ".evil" + std::to_string(i % 97) +
         ".example";
}

// As feeds are: four fifths names, the rest addresses.
std::string ListText(std::int64_t count) {
  std::string text;
  for (std::int64_t i = 0; i < count; ++i) {
    text += i % 5 != 0
                ? NameOf(i)
                : std::to_string(20 + i / 16'777'216) + "." + std::to_string(i / 65'536 % 256) +
                      "." + std::to_string(i / 256 % 256) + "." + std::to_string(i % 256);
    text += '\n';
  }
  return text;
}

feeds::FetchResult Fetched(const std::string& text) {
  feeds::FetchResult result{feeds::SourceKind::feed, "list", feeds::FetchOutcome::accepted, "",
                            now};
  result.parsed = feeds::FindFeedFormat("plain")->parse(text, now, rows_max).value();
  return result;
}

Sources EmptySources() {
  const auto percent = [](int value) { return policy::Confidence::FromPercent(value).value(); };
  WorldSettings settings;
  settings.feeds = {{{"list", "somebody", percent(90), percent(90)}, true}};
  policy::Policy policy{.version = "1",
                        .confidence_min = percent(50),
                        .ages = {.domain = std::chrono::hours(24),
                                 .ip = std::chrono::hours(24),
                                 .url = std::chrono::hours(24)},
                        .lifetime_default = std::chrono::hours(24),
                        .lifetime_max = std::chrono::hours(24)};
  auto suffixes = std::make_shared<const policy::PublicSuffixList>(
      policy::PublicSuffixList::Parse("com\nexample\n").value());
  return Sources(std::move(settings), std::move(policy), std::move(suffixes));
}

void SetBytesPerEntry(benchmark::State& state, std::size_t bytes) {
  state.counters["bytes_per_entry"] =
      static_cast<double>(bytes) / static_cast<double>(state.range(0));
}

// A feed's last good content, in the World.
void SaidByAFeed(benchmark::State& state) {
  const std::string text = ListText(state.range(0));
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::size_t before = HeapBytes();
    Sources sources = EmptySources();
    sources.Take(Fetched(text));
    const auto world = sources.Build(nullptr);
    bytes = HeapBytes() - before;
    benchmark::DoNotOptimize(world);
  }
  SetBytesPerEntry(state, bytes);
}

// An assessment; it goes once what it proposes is in the store.
void Assessed(benchmark::State& state) {
  Sources sources = EmptySources();
  sources.Take(Fetched(ListText(state.range(0))));
  const auto world = sources.Build(nullptr);
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::size_t before = HeapBytes();
    const Assessment assessment = Assess(*world, {}, now);
    bytes = HeapBytes() - before;
    if (assessment.size() == 0) state.SkipWithError("nothing is proposed");
  }
  SetBytesPerEntry(state, bytes);
}

// Blocks in force, in the store's file.
void KeptInTheStore(benchmark::State& state) {
  std::uintmax_t bytes = 0;
  for (auto _ : state) {
    const platform::testing::TemporaryFolder folder;
    {
      const auto store = store::OpenSqlite(folder / "sekisho.db").value();
      auto transaction = store->Begin().value();
      for (std::int64_t i = 0; i < state.range(0); ++i) {
        store::Block block{.target = policy::Domain::Parse(NameOf(i)).value()};
        block.approved_by = "alice";
        block.approved_at = now;
        block.expires_at = now + std::chrono::hours(24);
        block.reason = "seen in our logs";
        block.added_release = 1;
        if (!transaction->PutBlock(block)) state.SkipWithError("the block can't be stored");
      }
      if (!transaction->Commit()) state.SkipWithError("the store can't commit");
    }
    bytes = std::filesystem::file_size(folder / "sekisho.db");
  }
  SetBytesPerEntry(state, bytes);
}

std::vector<policy::TermedLine> Lines(std::int64_t from, std::int64_t to) {
  std::vector<policy::TermedLine> lines;
  for (std::int64_t i = from; i < to; ++i) {
    lines.push_back({"domain " + NameOf(i), policy::Terms::Of(now + std::chrono::hours(i % 720),
                                                              static_cast<int>(50 + i % 50))});
  }
  return lines;
}

// A list as the publication and every exporter hold it.
void PublishedInAList(benchmark::State& state) {
  const std::string text = policy::ListSnapshot::FromTermed(Lines(0, state.range(0)))->TermedText();
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::size_t before = HeapBytes();
    const auto list = policy::ListSnapshot::ParseTermed(text);
    bytes = HeapBytes() - before;
    if (!list) state.SkipWithError("no list");
  }
  SetBytesPerEntry(state, bytes);
}

// What an exporter serves beside the list: each file as it is and compressed.
void ServedOverHttp(benchmark::State& state) {
  using exporters::http_list::Variant;
  using policy::IndicatorKind;
  const std::vector<Variant> variants{
      {"all.txt", {IndicatorKind::domain, IndicatorKind::ip, IndicatorKind::url}}};
  const auto list = policy::ListSnapshot::FromTermed(Lines(0, state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::size_t before = HeapBytes();
    auto artifact = exporters::http_list::RenderVariants(*list, variants, "canonical.txt");
    const auto published =
        exporters::http_list::Publish(*std::move(artifact), variants, list, 1, now);
    bytes = HeapBytes() - before;
    if (!published) state.SkipWithError("the list can't be served");
  }
  SetBytesPerEntry(state, bytes);
}

// From one list to another that lost its first hundredth and has as many new ones.
void DeltaOfAHundredth(benchmark::State& state) {
  const std::int64_t step = std::max<std::int64_t>(1, state.range(0) / 100);
  const auto from = policy::ListSnapshot::FromTermed(Lines(0, state.range(0)));
  const auto to = policy::ListSnapshot::FromTermed(Lines(step, state.range(0) + step));
  for (auto _ : state) {
    const policy::Delta delta = policy::Difference(*from, *to);
    const auto applied = from->Apply(delta);
    if (!applied || (*applied)->id() != to->id()) state.SkipWithError("not the same list");
  }
}

void Sizes(benchmark::internal::Benchmark* benchmark) {
  for (const std::int64_t count : {1'000, 10'000, 100'000, 1'000'000}) benchmark->Arg(count);
  benchmark->Unit(benchmark::kMillisecond);
}

BENCHMARK(SaidByAFeed)->Apply(Sizes);
BENCHMARK(Assessed)->Apply(Sizes);
BENCHMARK(KeptInTheStore)->Apply(Sizes);
BENCHMARK(PublishedInAList)->Apply(Sizes);
BENCHMARK(ServedOverHttp)->Apply(Sizes);
BENCHMARK(DeltaOfAHundredth)->Apply(Sizes);

}  // namespace
}  // namespace agent

BENCHMARK_MAIN();
