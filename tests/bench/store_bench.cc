// The queue's questions to a store of a million pending proposals, and filling it.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "agent/store/sqlite_store.h"
#include "tests/platform/temporary_folder.h"

namespace agent::store {
namespace {

constexpr int rows = 1'000'000;

Proposal ProposalOf(int i) {
  const std::string number = std::to_string(i * 7919LL % rows);
  const std::string line =
      i % 3 == 0   ? "url http://h" + number + ".example/path"
      : i % 3 == 1 ? "domain n" + number + ".example.net"
                   : "domain s" + number + ".zone" + std::to_string(i % 1000) + ".example.org";
  return Proposal{0,
                  policy::ParseLine(line).value(),
                  std::chrono::hours(24),
                  "policy-1",
                  policy::Sha256Of(line),
                  ProposalState::pending,
                  i * 31 % 101,
                  i % 50 == 0,
                  "policy",
                  TimePoint(),
                  TimePoint(),
                  std::nullopt,
                  i % 1000 == 0 ? ",rare,urlhaus," : ",urlhaus,",
                  "botnet_cc",
                  "malware" + std::to_string(i % 300),
                  "",
                  ",fresh,",
                  R"([{"code":"fresh","detail":"last seen 3 h ago by urlhaus"}])",
                  R"([{"feed":"urlhaus","last_seen":"2026-11-24T10:16:31Z","confidence":80}])",
                  1};
}

struct Filled {
  platform::testing::TemporaryFolder folder;
  std::unique_ptr<Store> store = OpenSqlite(folder / "agent.db").value();
};

bool Fill(Store& store, const std::vector<Proposal>& proposals) {
  const auto transaction = store.Begin().value();
  for (const Proposal& proposal : proposals) {
    if (!transaction->PutProposal(proposal)) return false;
  }
  return transaction->Commit().has_value();
}

std::vector<Proposal> Proposals(int count) {
  std::vector<Proposal> proposals;
  for (int i = 0; i < count; ++i) proposals.push_back(ProposalOf(i));
  return proposals;
}

// One store for all questions: filling it takes longest.
Store& MillionRows() {
  static const Filled filled;
  static const bool is_full = Fill(*filled.store, Proposals(rows));
  if (!is_full) std::abort();
  return *filled.store;
}

void BM_Fill(benchmark::State& state) {
  const auto proposals = Proposals(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    const Filled filled;
    if (!Fill(*filled.store, proposals)) state.SkipWithError("the store refused a row");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Fill)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Arg(rows)->Unit(benchmark::kMillisecond);

const std::vector<ProposalState> pending{ProposalState::pending};

struct Question {
  const char* name;
  ProposalQuery query;
  std::uint64_t total;
};
const std::vector<Question> questions{
    {"pending", {.states = pending}, 1'000'000},
    {"any state", {}, 1'000'000},
    {"urls", {.states = pending, .kind = policy::IndicatorKind::url}, 333'334},
    {"a rare feed", {.states = pending, .feed = "rare"}, 1000},
    {"a malware family", {.states = pending, .malware = "malware7"}, 3334},
    {"two approvers", {.states = pending, .needs_two = true}, 20'000},
    {"a subtree", {.states = pending, .within = "zone5.example.org"}, 334},
    {"a substring that is not there", {.states = pending, .text = "nowhere"}, 0},
    {"a reason that is not there", {.states = pending, .reason = "stale"}, 0},
};

// What a person at the queue waits for: the first page, and how many there are.
void BM_FirstPage(benchmark::State& state) {
  const Question& question = questions[static_cast<std::size_t>(state.range(0))];
  state.SetLabel(question.name);
  Store& store = MillionRows();
  for (auto _ : state) {
    const auto reader = store.Read().value();
    const auto page = reader->ListProposals(question.query, std::nullopt, 100);
    const auto total = reader->CountProposals(question.query);
    if (!page || !total || *total != question.total) state.SkipWithError("a wrong answer");
  }
}
BENCHMARK(BM_FirstPage)
    ->DenseRange(0, static_cast<int>(std::size(questions)) - 1)
    ->Unit(benchmark::kMillisecond);

void BM_FindOne(benchmark::State& state) {
  Store& store = MillionRows();
  const auto wanted = ProposalOf(123'456).target;
  for (auto _ : state) {
    const auto found = store.Read().value()->FindProposal(wanted);
    if (!found || !*found) state.SkipWithError("not found");
  }
}
BENCHMARK(BM_FindOne)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace agent::store

BENCHMARK_MAIN();
