// What people wait for at a queue of a million: its first page, filtered or not, and a decision on
// a tenth of it, by the API's own handlers with the engine, the store and the history behind them.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "agent/api/services.h"
#include "agent/store/sqlite_store.h"
#include "agent/traffic/traffic.h"
#include "policy/proposal.h"
#include "sekisho/v1/api.pb.h"
#include "sekisho/v1/bulk.pb.h"
#include "tests/platform/temporary_folder.h"

namespace agent::api {
namespace {

namespace v1 = sekisho::v1;

constexpr int rows = 1'000'000;
constexpr int bulk_rows = 100'000;
constexpr policy::TimePoint now{std::chrono::seconds(1'790'000'000)};

class NoFeeds final : public FeedControl {
 public:
  std::vector<FeedSource> Sources() const override { return {}; }
  policy::Result<void> Refresh(const std::vector<std::string>&, RefreshOptions) override {
    return {};
  }
  policy::Result<Taken> TakePush(const std::string&, const Push&) override { return Taken::now; }
};

EngineSettings Settings() {
  const auto half = policy::Confidence::FromPercent(50).value();
  EngineSettings settings{
      .policy = {.version = "1",
                 .confidence_min = half,
                 .ages = {std::chrono::hours(24 * 30), std::chrono::hours(24 * 14),
                          std::chrono::hours(24 * 7)},
                 .lifetime_default = std::chrono::hours(24 * 7),
                 .lifetime_max = std::chrono::hours(24 * 90)},
      .queue = {std::chrono::hours(24 * 90), std::chrono::hours(24 * 7),
                std::chrono::hours(24 * 30)},
      .changes = {.entries_min = 1'000'000},
      .lists = {{"dns", {policy::IndicatorKind::domain}}}};
  // What is measured is people's work, not the policy's second thoughts: while a feed is still
  // missing, nothing goes stale.
  settings.assess_every = std::chrono::hours(24 * 365);
  settings.world.feeds.push_back({{"urlhaus", "urlhaus", half, half}});
  return settings;
}

std::string NameOf(int i) {
  return "n" + std::to_string(i * 7919LL % rows) + ".zone" + std::to_string(i % 1000) +
         ".example.net";
}

// Our own clients use as many names, and one in a thousand of those that are proposed.
std::shared_ptr<const traffic::Traffic> SomeTraffic(const policy::PublicSuffixList& suffixes) {
  auto traffic = std::make_shared<traffic::Traffic>(suffixes, rows, traffic::SipKey{1, 2});
  for (int i = 0; i < rows / 2; ++i) {
    const std::string name = i % 500 == 0 ? NameOf(i) : "a" + std::to_string(i) + ".example.org";
    traffic->Add({.at = now, .client = "10.0.0.1", .name = policy::Domain::Parse(name).value()},
                 now);
  }
  return traffic;
}

store::Proposal ProposalOf(int i) {
  store::Proposal proposal{.target = policy::ParseLine("domain " + NameOf(i)).value()};
  proposal.lifetime = std::chrono::hours(24 * 7);
  proposal.policy_version = "1";
  proposal.digest = policy::DigestOf({proposal.target, proposal.lifetime, proposal.policy_version});
  proposal.confidence = 50 + i % 51;
  proposal.proposed_by = "policy";
  proposal.proposed_at = now;
  proposal.changed_at = now;
  proposal.feeds = i < bulk_rows ? ",bulk," : ",urlhaus,";
  proposal.threat = "c2";
  proposal.malware = "malware" + std::to_string(i % 300);
  proposal.reason_codes = ",fresh,";
  proposal.reasons = R"([{"code":"fresh","detail":"last seen 3 h ago by urlhaus"}])";
  proposal.evidence = R"([{"feed":"urlhaus","confidence":80}])";
  proposal.sources_total = 1;
  return proposal;
}

// An agent without its doors.
struct Agent {
  Agent() {
    const auto transaction = store->Begin().value();
    for (int i = 0; i < rows; ++i) {
      if (!transaction->PutProposal(ProposalOf(i))) std::abort();
    }
    if (!transaction->Commit()) std::abort();
    auto settings = Settings();
    settings.world.traffic = SomeTraffic(*suffixes);
    engine =
        Engine::Start(std::move(settings), suffixes, *store, *history, publication, clock).value();
    people = people::People::Open(
                 *store, [this](const auto& change) { return engine->Write(change); }, {},
                 {MayAct, [](const auto&) { return true; }}, clock)
                 .value();
    desk.reset(new Desk{
        *engine, *store, publication, feeds, *people, "", clock, {}, Settings().lists, {}});
    methods = MakeMethodTable(*desk).value();
  }

  template <class Response, class Request>
  Response Ask(const char* method, const Request& request, const std::string& who = "alice") {
    Call call{{who, Role::approver}, "bench", ""};
    auto response = methods.Find(method)->run(call, request);
    if (!response) throw std::runtime_error(response.error().detail);
    return static_cast<const Response&>(**response);
  }

  // Until a bulk decision is over.
  v1::BulkDecision Await(std::int64_t id) {
    v1::ListBulkRequest request;
    request.set_id(id);
    while (true) {
      auto answer = Ask<v1::ListBulkResponse>("/sekisho.v1.Bulk/ListBulk", request);
      if (answer.decisions(0).state() != "running") return answer.decisions(0);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  platform::testing::TemporaryFolder folder;
  platform::ManualClock clock{now};
  std::shared_ptr<const policy::PublicSuffixList> suffixes =
      std::make_shared<const policy::PublicSuffixList>(
          policy::PublicSuffixList::Parse("net\n").value());
  std::unique_ptr<store::Store> store = store::OpenSqlite(folder / "agent.db").value();
  std::unique_ptr<history::HistoryWriter> history =
      history::HistoryWriter::Open(*store, "bench.example/history",
                                   platform::SigningKey::Generate().value())
          .value();
  publish::Publication publication;
  NoFeeds feeds;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<people::People> people;
  std::unique_ptr<Desk> desk;
  MethodTable methods;
};

Agent& Million() {
  static Agent agent;
  return agent;
}

constexpr const char* filters[] = {"",
                                   "feed:bulk",
                                   "confidence>=90 malware:malware7",
                                   "two:yes",
                                   "within:zone5.example.net",
                                   "age<1h hits>=10",
                                   "text-that-is-nowhere",
                                   "zone",  // all of them
                                   "zone777",
                                   "within:net",
                                   "within:example.net zone77 two:no",
                                   "reason:fresh",
                                   "reason:confident hits<5",
                                   "clients>0",
                                   "clients:0",
                                   "requests:yes"};

void FirstPage(benchmark::State& state) {
  v1::ListProposalsRequest request;
  request.set_filter(filters[state.range(0)]);
  state.SetLabel(request.filter().empty() ? "all" : request.filter());
  Agent& agent = Million();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        agent.Ask<v1::ListProposalsResponse>("/sekisho.v1.Queue/ListProposals", request));
  }
}
BENCHMARK(FirstPage)
    ->DenseRange(0, static_cast<int>(std::size(filters)) - 1)
    ->Unit(benchmark::kMillisecond);

// Two people approve a tenth of the queue: the first makes as many votes, the second as many blocks
// and their release.
void BulkApproval(benchmark::State& state) {
  Agent& agent = Million();
  v1::DecideRequest request;
  request.set_filter("feed:bulk");
  request.set_verdict(v1::DecideRequest::VERDICT_APPROVE);
  request.set_reason("looked at the sources");
  request.set_expected_count(bulk_rows);
  const bool is_second = state.range(0) == 1;
  state.SetLabel(is_second ? "second person" : "first person");
  for (auto _ : state) {
    const auto started = agent.Ask<v1::DecideResponse>("/sekisho.v1.Queue/Decide", request,
                                                       is_second ? "bob" : "alice");
    const auto bulk = agent.Await(started.bulk());
    if ((is_second ? bulk.decided() : bulk.awaiting()) != bulk_rows) {
      state.SkipWithError("not all of it was decided");
    }
  }
}
BENCHMARK(BulkApproval)
    ->Arg(0)
    ->Arg(1)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace agent::api

BENCHMARK_MAIN();
