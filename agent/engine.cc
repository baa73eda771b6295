#include "agent/engine.h"

#include <algorithm>
#include <condition_variable>
#include <future>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/engine_core.h"
#include "agent/evidence.h"
#include "agent/proposed.h"
#include "agent/task_thread.h"
#include "platform/log.h"
#include "proto/convert.h"

namespace agent {
namespace {

using policy::ErrorCode;
using policy::Indicator;
using policy::Result;
using Json = nlohmann::ordered_json;

constexpr std::size_t tasks_max = 1024;
// Proposals brought up to date in one transaction: few enough that people's acts get in between.
constexpr std::size_t slice_size = 5'000;
// How soon something new is assessed; several fetches at once make one assessment.
constexpr std::chrono::milliseconds assess_delay{20};

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::uint64_t LeftOutCount(const sekisho::v1::Receipt& receipt) {
  std::uint64_t count = 0;
  for (const auto& part : receipt.left_out()) count += part.count();
  return count;
}

// A line each; as much of it as people can read.
std::string DifferenceOf(const sekisho::v1::Receipt& receipt) {
  constexpr int lines_max = 80;
  constexpr std::size_t line_max = 300;
  std::string text;
  for (int i = 0; i < std::min(receipt.difference_size(), lines_max); ++i) {
    std::string line = receipt.difference(i).substr(0, line_max);
    std::replace(line.begin(), line.end(), '\n', ' ');
    text += (text.empty() ? "" : "\n") + line;
  }
  return text;
}

template <class T>
Result<T> Stopped() {
  return policy::Fail(ErrorCode::unavailable, "the agent is stopping; nothing was changed");
}

}  // namespace

// The engine's two threads: `tasks` runs the core, the worker assesses what the core asks for.
struct Engine::Impl {
  template <class... Args>
  explicit Impl(Args&&... args) : core(std::forward<Args>(args)...) {}

  template <class T, class Act>
  Result<T> Run(Act act) {
    return tasks.Run(std::function<Result<T>()>(std::move(act)), Stopped<T>());
  }

  void Assess() {
    while (WaitForRound()) {
      while (!is_stopping() && tasks.Run([this] { return core.SweepStanding(); }, false)) {
      }
      auto work = tasks.Run([this] { return core.NextWork(); }, std::optional<EngineCore::Work>());
      if (!work) {
        const std::lock_guard lock(work_mutex);
        ++idle_rounds;
        work_changed.notify_all();
        continue;
      }
      const auto built = work->sources.Build(core.world());
      core.SetWorld(built);
      const Assessment assessment = AssessRound(*work, *built);
      assessed = built;
      TakeBack(assessment, *built, work->now);
      for (const Indicator& target : work->also) proposed.Forget(target);
      if (built->missing_allowlists.empty()) Propose(assessment, work->now);
    }
  }

  // Of everything only where everything may have changed.
  Assessment AssessRound(const EngineCore::Work& work, const World& world) const {
    const bool all = work.all || !assessed ||
                     assessed->allowlist_version != world.allowlist_version ||
                     assessed->policy.version != world.policy.version ||
                     assessed->missing_feeds != world.missing_feeds;
    if (all) return agent::Assess(world, *work.rejected_hosts, work.now);
    std::set<Indicator> indicators = ChangedBetween(*assessed, world);
    indicators.insert(work.also.begin(), work.also.end());
    return AssessSome(world, std::move(indicators), *work.rejected_hosts, work.now);
  }

  void TakeBack(const Assessment& assessment, const World& world, policy::TimePoint now) {
    const auto unsupported = core.Unsupported(assessment);
    if (!unsupported) {
      platform::Error("proposals that nothing supports any more could not be found: {}",
                      unsupported.error().detail);
    }
    const auto gone = unsupported.value_or(std::vector<Indicator>());
    tasks.Run([&] { return core.TakeBack(assessment, gone, world, now), true; }, false);
  }

  // Candidates on their way into the store.
  using Slice = std::vector<queue::Candidate>;
  struct UnderWay {
    std::shared_ptr<const Slice> slice;
    std::future<bool> stored;
  };

  void Propose(const Assessment& assessment, policy::TimePoint now) {
    Proposed before;
    if (assessment.scope) {
      ForgetUnproposed(assessment);
    } else {
      before = std::exchange(proposed, {});
    }
    const Proposed& known = assessment.scope ? proposed : before;
    UnderWay last;
    Slice slice;
    for (std::size_t i = 0; i < assessment.size() && !is_stopping(); ++i) {
      queue::Candidate candidate = assessment.CandidateAt(i);
      const bool is_known = known.Has(candidate);
      proposed.Add(candidate);
      if (!is_known) slice.push_back(std::move(candidate));
      if (slice.size() == slice_size) HandOver(std::exchange(slice, {}), now, last);
    }
    HandOver(std::move(slice), now, last);
    Finish(last);
  }

  void ForgetUnproposed(const Assessment& assessment) {
    for (const Indicator& indicator : *assessment.scope) {
      if (!assessment.Proposes(indicator)) proposed.Forget(indicator);
    }
  }

  // The engine's thread stores one slice while the next is made.
  void HandOver(Slice slice, policy::TimePoint now, UnderWay& last) {
    Finish(last);
    if (slice.empty()) return;
    last.slice = std::make_shared<const Slice>(std::move(slice));
    last.stored =
        tasks.Start([this, slice = last.slice, now] { return core.Propose(*slice, now); }, false);
  }

  void Finish(UnderWay& last) {
    if (!last.stored.valid() || last.stored.get()) return;
    for (const queue::Candidate& candidate : *last.slice) proposed.Forget(candidate.target);
  }

  bool is_stopping() {
    const std::lock_guard lock(work_mutex);
    return work_stop;
  }

  bool WaitForRound() {
    std::unique_lock lock(work_mutex);
    work_changed.wait_for(lock, assess_delay, [this] { return work_stop; });
    return !work_stop;
  }

  // Each slice is a task of its own, so that people's acts and feeds get in between.
  void CarryOnBulk() {
    std::unique_lock lock(bulk_mutex);
    while (true) {
      bulk_changed.wait(lock, [this] { return bulk_stop || bulk_wanted; });
      if (bulk_stop) return;
      bulk_wanted = false;
      bool has_more = true;
      while (has_more && !bulk_stop) {
        lock.unlock();
        has_more = tasks.Run([this] { return core.CarryOnBulk(); }, false);
        lock.lock();
      }
    }
  }

  void WakeBulk() {
    const std::lock_guard lock(bulk_mutex);
    bulk_wanted = true;
    bulk_changed.notify_all();
  }

  void StopBulk() {
    const std::lock_guard lock(bulk_mutex);
    bulk_stop = true;
    bulk_changed.notify_all();
  }

  EngineCore core;
  std::shared_ptr<const World> assessed;  // by the last round; the worker's, like the next
  Proposed proposed;

  mutable std::mutex connected_mutex;
  std::multiset<std::string> connected;

  std::mutex work_mutex;
  std::condition_variable work_changed;
  bool work_stop = false;
  std::uint64_t idle_rounds = 0;  // rounds of the worker that found nothing to do

  std::mutex bulk_mutex;
  std::condition_variable bulk_changed;
  bool bulk_wanted = false;
  bool bulk_stop = false;

  TaskThread tasks{tasks_max};
  std::thread worker;
  std::thread bulk_worker;
};

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Engine::~Engine() {
  {
    const std::lock_guard lock(impl_->work_mutex);
    impl_->work_stop = true;
    impl_->work_changed.notify_all();
  }
  impl_->StopBulk();
  impl_->worker.join();
  impl_->bulk_worker.join();
  impl_->tasks.Stop();
}

Result<std::unique_ptr<Engine>> Engine::Start(
    EngineSettings settings, std::shared_ptr<const policy::PublicSuffixList> suffixes,
    store::Store& store, history::HistoryWriter& history, publish::Publication& publication,
    const platform::Clock& clock) {
  auto impl = std::make_unique<Impl>(std::move(settings), std::move(suffixes), store, history,
                                     publication, clock);
  if (auto opened = impl->core.Open(); !opened) return tl::unexpected(opened.error());
  Impl& running = *impl;
  impl->worker = std::thread([&running] { running.Assess(); });
  impl->bulk_worker = std::thread([&running] { running.CarryOnBulk(); });
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Result<DecideReport> Engine::Decide(const Selection& selection, const queue::Ballot& ballot,
                                    bool dry_run) {
  auto report =
      impl_->Run<DecideReport>([&] { return impl_->core.Decide(selection, ballot, dry_run); });
  if (report && report->bulk != 0) impl_->WakeBulk();
  return report;
}

Result<store::BulkDecision> Engine::CancelBulk(std::int64_t id, const std::string& person,
                                               const std::string& reason) {
  return impl_->Run<store::BulkDecision>(
      [&] { return impl_->core.CancelBulk(id, person, reason); });
}

Result<store::Proposal> Engine::ProposeByPerson(const Indicator& indicator,
                                                const std::string& person,
                                                const std::string& reason,
                                                std::optional<std::chrono::seconds> lifetime) {
  return impl_->Run<store::Proposal>(
      [&] { return impl_->core.ProposeByPerson(indicator, person, reason, lifetime); });
}

Result<RevokeReport> Engine::Revoke(const std::vector<std::int64_t>& ids,
                                    const std::optional<Indicator>& indicator,
                                    const std::string& person, const std::string& reason) {
  return impl_->Run<RevokeReport>(
      [&] { return impl_->core.Revoke(ids, indicator, person, reason); });
}

Result<DecideReport> Engine::Renew(const std::vector<std::int64_t>& ids,
                                   const queue::Ballot& ballot) {
  return impl_->Run<DecideReport>([&] { return impl_->core.Renew(ids, ballot); });
}

Result<std::uint64_t> Engine::ReleaseBrake(std::int64_t id, const std::string& person,
                                           const std::string& reason) {
  return impl_->Run<std::uint64_t>([&] { return impl_->core.ReleaseBrake(id, person, reason); });
}

Result<EmergencyReport> Engine::BlockNow(const std::vector<Indicator>& targets,
                                         const std::string& person, const std::string& reason) {
  return impl_->Run<EmergencyReport>([&] { return impl_->core.BlockNow(targets, person, reason); });
}

Result<EmergencyReport> Engine::UnblockNow(const Indicator& target, bool within,
                                           const std::string& person, const std::string& reason,
                                           bool dry_run) {
  return impl_->Run<EmergencyReport>(
      [&] { return impl_->core.UnblockNow(target, within, person, reason, dry_run); });
}

Result<EmergencyReport> Engine::Review(const EmergencyReview& review) {
  return impl_->Run<EmergencyReport>([&] { return impl_->core.Review(review); });
}

Result<UnblockReport> Engine::Answer(const UnblockAnswer& answer) {
  return impl_->Run<UnblockReport>([&] { return impl_->core.Answer(answer); });
}

Result<store::AllowEntry> Engine::AddAllowEntry(const store::AllowEntry& entry) {
  return impl_->Run<store::AllowEntry>([&] { return impl_->core.AddAllowEntry(entry); });
}

Result<store::AllowEntry> Engine::RemoveAllowEntry(std::int64_t id, const std::string& person,
                                                   const std::string& reason) {
  return impl_->Run<store::AllowEntry>(
      [&] { return impl_->core.RemoveAllowEntry(id, person, reason); });
}

Result<store::RuleChange> Engine::ProposeRules(const std::string& rules, const std::string& person,
                                               const std::string& reason) {
  return impl_->Run<store::RuleChange>(
      [&] { return impl_->core.ProposeRules(rules, person, reason); });
}

Result<store::RuleChange> Engine::DecideRules(const RuleVerdict& verdict) {
  return impl_->Run<store::RuleChange>([&] { return impl_->core.DecideRules(verdict); });
}

std::string Engine::configured_policy_version() const {
  return impl_->core.configured_policy_version();
}

Result<store::StandingApproval> Engine::ProposeStanding(const queue::StandingDraft& draft,
                                                        bool dry_run) {
  return impl_->Run<store::StandingApproval>(
      [&] { return impl_->core.ProposeStanding(draft, dry_run); });
}

Result<store::StandingApproval> Engine::ApproveStanding(const queue::StandingBallot& ballot) {
  return impl_->Run<store::StandingApproval>([&] { return impl_->core.ApproveStanding(ballot); });
}

Result<store::StandingApproval> Engine::EndStanding(std::int64_t id, const std::string& person,
                                                    const std::string& reason) {
  return impl_->Run<store::StandingApproval>(
      [&] { return impl_->core.EndStanding(id, person, reason); });
}

Result<void> Engine::Write(
    const std::function<Result<void>(store::Transaction&, const Append&)>& change) {
  return impl_->Run<void>([&] { return impl_->core.Write(change); });
}

Result<void> Engine::Record(const history::Act& act) {
  auto recorded = impl_->Run<bool>([&] { return impl_->core.Record(act, false); });
  if (!recorded) return tl::unexpected(recorded.error());
  return {};
}

Result<void> Engine::RecordOnce(const history::Act& act) {
  auto recorded = impl_->Run<bool>([&] { return impl_->core.Record(act, true); });
  if (!recorded) return tl::unexpected(recorded.error());
  return {};
}

void Engine::TakeKept(std::vector<feeds::FetchResult> kept) {
  impl_->tasks.Run([&] { return impl_->core.TakeKept(kept), true; }, false);
}

void Engine::TakeFetch(feeds::FetchResult result) {
  impl_->tasks.Post([this, result = std::move(result)] { impl_->core.TakeFetch(result); });
}

void Engine::Tick() {
  impl_->tasks.Post([this] {
    impl_->core.Tick();
    if (impl_->core.HasBulk()) impl_->WakeBulk();
  });
}

void Engine::Settle() {
  impl_->tasks.Run([] { return true; }, false);
  std::unique_lock lock(impl_->work_mutex);
  // The round under way may have begun before the last task; the one after it has not.
  const std::uint64_t enough = impl_->idle_rounds + 2;
  impl_->work_changed.wait(lock, [&] { return impl_->work_stop || impl_->idle_rounds >= enough; });
}

bool Engine::IsBroken() const {
  return impl_->core.is_broken();
}

std::uint64_t Engine::revision() const {
  return impl_->core.revision();
}

std::shared_ptr<const World> Engine::world() const {
  return impl_->core.world();
}

void Engine::Connected(const publish::DeviceSettings& device, const sekisho::v1::Hello& hello,
                       std::optional<policy::Validity> certificate) {
  {
    const std::lock_guard lock(impl_->connected_mutex);
    impl_->connected.insert(device.name);
  }
  impl_->tasks.Post([this, device, hello, certificate] {
    impl_->core.StoreDevice(device.name, [&](store::DeviceStatus& status) {
      status.list = device.list;
      status.exporter = hello.profile().exporter();
      status.software = hello.profile().software();
      status.dry_run = hello.profile().dry_run();
      status.certificate_from = certificate ? std::optional(certificate->from) : std::nullopt;
      status.certificate_expires = certificate ? std::optional(certificate->until) : std::nullopt;
      return history::Act{};
    });
  });
}

void Engine::Received(const publish::DeviceSettings& device, const sekisho::v1::Receipt& receipt) {
  impl_->tasks.Post([this, device, receipt] {
    impl_->core.StoreDevice(device.name, [&](store::DeviceStatus& status) {
      const auto digest = proto::FromBytes(receipt.digest()).value_or(policy::Sha256{});
      const bool is_news = status.release != receipt.release() || status.digest != digest ||
                           status.drift != receipt.drift() || status.ended != receipt.ended();
      status.list = device.list;
      status.release = receipt.release();
      status.digest = digest;
      status.count = receipt.count();
      status.enforced = receipt.enforced();
      status.not_enforceable = receipt.not_enforceable();
      status.read_back = receipt.read_back();
      status.receipt_at = impl_->core.clock().Now();
      status.drift = receipt.drift();
      status.ended = receipt.ended();
      status.left_out = proto::LeftOutToJson(receipt);
      status.difference = DifferenceOf(receipt);
      status.nack.clear();
      if (!is_news) return history::Act{};
      nlohmann::ordered_json detail{{"release", receipt.release()},
                                    {"digest", policy::ToHex(digest)},
                                    {"count", receipt.count()},
                                    {"enforced", receipt.enforced()},
                                    {"not_enforceable", receipt.not_enforceable()},
                                    {"read_back", receipt.read_back()}};
      if (status.ended > 0) detail["ended"] = status.ended;
      if (const auto count = LeftOutCount(receipt); count > 0) detail["left_out"] = count;
      if (status.dry_run) detail["dry_run"] = true;
      if (!status.difference.empty()) detail["difference"] = status.difference;
      return history::Act{"device:" + device.name,
                          receipt.drift() ? "device.drift" : "device.receipt", "", Dump(detail)};
    });
  });
}

void Engine::Refused(const publish::DeviceSettings& device, std::uint64_t release,
                     const sekisho::v1::Nack& nack) {
  impl_->tasks.Post([this, device, release, nack] {
    impl_->core.StoreDevice(device.name, [&](store::DeviceStatus& status) {
      if (impl_->core.IsWanted(device.list, release)) {
        status.nack = nack.reason();
        status.nack_at = impl_->core.clock().Now();
      }
      return history::Act{"device:" + device.name, "device.refuse", "",
                          Dump({{"release", release},
                                {"device", sekisho::v1::Nack::Device_Name(nack.device())},
                                {"reason", nack.reason()}})};
    });
  });
}

void Engine::Disconnected(const publish::DeviceSettings& device) {
  const std::lock_guard lock(impl_->connected_mutex);
  const auto one = impl_->connected.find(device.name);
  if (one == impl_->connected.end()) return;
  impl_->connected.erase(one);
  impl_->core.CountChange();
}

std::vector<std::string> Engine::ConnectedDevices() const {
  const std::lock_guard lock(impl_->connected_mutex);
  return {impl_->connected.begin(), impl_->connected.end()};
}

}  // namespace agent
