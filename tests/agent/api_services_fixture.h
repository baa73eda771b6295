#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/api/services.h"
#include "agent/store/sqlite_store.h"
#include "proto/convert.h"
#include "sekisho/v1/api.pb.h"
#include "tests/agent/api_server.h"
#include "tests/platform/temporary_folder.h"

namespace agent::api::testing {

namespace v1 = sekisho::v1;

inline constexpr policy::TimePoint start{std::chrono::seconds(1'790'000'000)};

inline policy::Confidence Percent(int percent) {
  return policy::Confidence::FromPercent(percent).value();
}

inline EngineSettings Settings() {
  EngineSettings settings{.policy = {.version = "1",
                                     .confidence_min = Percent(50),
                                     .ages = {.domain = std::chrono::hours(24 * 30),
                                              .ip = std::chrono::hours(24 * 14),
                                              .url = std::chrono::hours(24 * 7)},
                                     .lifetime_default = std::chrono::hours(24 * 7),
                                     .lifetime_max = std::chrono::hours(24 * 90)},
                          .queue = {std::chrono::hours(24 * 90), std::chrono::hours(24 * 7),
                                    std::chrono::hours(24 * 30)},
                          .changes = {.entries_min = 2},
                          .lists = {{"dns", {policy::IndicatorKind::domain}},
                                    {"proxy",
                                     {policy::IndicatorKind::domain, policy::IndicatorKind::ip,
                                      policy::IndicatorKind::url}}}};
  settings.world.feeds = {
      {{"urlhaus", "abuse.ch", Percent(90), Percent(90)}, true},
      {{"desk", "desk", Percent(90), Percent(90)}, true},
      {{"sensors", "sensors", Percent(90), Percent(90), policy::FeedRole::detections}, true}};
  settings.world.allowlists = {
      {{"services", policy::AllowCategory::hosting, policy::AllowEffect::url_only}}};
  return settings;
}

class FakeFeeds final : public FeedControl {
 public:
  std::vector<FeedSource> Sources() const override {
    return {{"urlhaus", "https://feeds.example/urlhaus", false},
            {"services", "https://feeds.example/services", true}};
  }
  policy::Result<void> Refresh(const std::vector<std::string>& names,
                               RefreshOptions options) override {
    for (const std::string& name : names) {
      if (name != "urlhaus" && name != "services") {
        return policy::Fail(policy::ErrorCode::not_found, "there is no source " + name);
      }
    }
    ++refreshes;
    last_refresh = options;
    return {};
  }
  policy::Result<Taken> TakePush(const std::string& feed, const Push& push) override {
    if (feed != "desk" && feed != "sensors") {
      return policy::Fail(policy::ErrorCode::not_found, "there is no feed " + feed);
    }
    const auto [known, is_new] = pushes.try_emplace(push.request_id, push);
    if (!is_new && known->second.fingerprint != push.fingerprint) {
      return policy::Fail(policy::ErrorCode::conflict, "another request");
    }
    return is_new ? Taken::now : Taken::before;
  }
  std::atomic<int> refreshes{0};
  RefreshOptions last_refresh;
  std::map<std::string, Push> pushes;  // by request ID; for calls one at a time
};

template <class Response>
struct Answer {
  grpc::Status status;
  Response body;
};

// People's services over real TLS, with a real engine, store and history behind them.
class ServicesFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    auto key = platform::SigningKey::Generate().value();
    desk_keys_ = {history::VerifierKey::From("test.example/history", key.public_key()).value()};
    store_ = store::OpenSqlite(folder_ / "sekisho.db").value();
    history_ = history::HistoryWriter::Open(*store_, "test.example/history", key).value();
    auto settings = Settings();
    settings.world.traffic = traffic();
    engine_ =
        Engine::Start(std::move(settings), suffixes_, *store_, *history_, publication_, clock_)
            .value();
    people_ = people::People::Open(
                  *store_, [this](const auto& change) { return engine_->Write(change); }, {},
                  {MayAct,
                   [this](const store::OpenActOf& act) {
                     return Identities::From(OneOfEachRole()).value().May(act, clock_.Now());
                   }},
                  clock_)
                  .value();
    desk_ = std::make_unique<Desk>(Desk{
        *engine_, *store_, publication_, feeds_, *people_, "https://sekisho.test", clock_, devices_,
        Settings().lists, desk_keys_, suffixes_, sign_on(), nullptr, unblock_rules()});
    auto table = MakeMethodTable(*desk_);
    ASSERT_TRUE(table) << table.error().detail;
    methods_ = std::move(*table);
    server_ = std::make_unique<ApiServer>(methods_, clock_, people_.get());
    channel_ = server_->Connect();
    TakeAllowlist({"github.com"});
    // Nobody has pushed anything yet.
    for (const char* feed : {"desk", "sensors"}) {
      Take(feeds::SourceKind::feed, feed, std::make_shared<const feeds::FeedSnapshot>());
    }
  }
  void TearDown() override { server_.reset(); }

  // Null where no log is followed. Asked once, in SetUp.
  virtual std::shared_ptr<const traffic::Traffic> traffic() { return nullptr; }
  // Null where there is no single sign-on. Asked once, in SetUp.
  virtual oidc::SignOn* sign_on() { return nullptr; }

  // None where strangers may ask for nothing. Asked once, like the former.
  virtual std::optional<UnblockRules> unblock_rules() { return std::nullopt; }

  template <class Response, class Request>
  Answer<Response> Call(const std::string& method, const Request& request,
                        const std::string& token = "approver-token") {
    auto raw = CallRaw(channel_, "/sekisho.v1." + method, token, request.SerializeAsString());
    Answer<Response> answer{raw.status, {}};
    EXPECT_TRUE(answer.body.ParseFromString(raw.bytes));
    return answer;
  }

  void Take(feeds::SourceKind kind, const std::string& name, feeds::SourceContent content) {
    feeds::FetchResult result{kind, name, feeds::FetchOutcome::accepted, "", clock_.Now()};
    result.parsed = feeds::ParsedSource{std::move(content), {}, 0};
    engine_->TakeFetch(std::move(result));
    engine_->Settle();
  }
  void TakeAllowlist(const std::vector<std::string>& names) {
    auto list = std::make_shared<policy::ParsedAllowlist>();
    for (const std::string& name : names) {
      list->entries.push_back({policy::Domain::Parse(name).value(), true});
    }
    Take(feeds::SourceKind::allowlist, "services",
         std::shared_ptr<const policy::ParsedAllowlist>(list));
  }
  void TakeFeed(const std::vector<std::string>& lines) {
    auto snapshot = std::make_shared<feeds::FeedSnapshot>();
    for (const std::string& line : lines) {
      snapshot->observations.push_back({.indicator = policy::ParseLine(line).value(),
                                        .first_seen = clock_.Now() - std::chrono::hours(2),
                                        .last_seen = clock_.Now() - std::chrono::hours(1),
                                        .malware = "emotet",
                                        .campaign = "Operation X"});
    }
    std::sort(snapshot->observations.begin(), snapshot->observations.end(),
              [](const auto& a, const auto& b) { return a.indicator < b.indicator; });
    snapshot->rejected = {{7, "no domain: \"-\""}};
    snapshot->rows_total = lines.size() + 1;
    Take(feeds::SourceKind::feed, "urlhaus", std::shared_ptr<const feeds::FeedSnapshot>(snapshot));
  }
  static std::vector<std::string> Domains(int count, const std::string& prefix = "d") {
    std::vector<std::string> lines;
    for (int i = 0; i < count; ++i) {
      lines.push_back("domain " + prefix + std::to_string(i) + ".example");
    }
    return lines;
  }

  static v1::DecideRequest Approval(const std::string& filter) {
    v1::DecideRequest request;
    request.set_filter(filter);
    request.set_verdict(v1::DecideRequest::VERDICT_APPROVE);
    request.set_reason("seen in our logs");
    return request;
  }
  v1::DecideResponse Approve(const std::string& filter,
                             const std::string& token = "approver-token") {
    auto answer = Call<v1::DecideResponse>("Queue/Decide", Approval(filter), token);
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    return answer.body;
  }
  v1::ListProposalsResponse Proposals(const std::string& filter = "") {
    v1::ListProposalsRequest request;
    request.set_filter(filter);
    return Call<v1::ListProposalsResponse>("Queue/ListProposals", request).body;
  }
  v1::WhyResponse Why(const std::string& indicator, std::optional<policy::TimePoint> at = {}) {
    v1::WhyRequest request;
    request.set_indicator(indicator);
    if (at) *request.mutable_at() = proto::ToTimestamp(*at);
    auto answer = Call<v1::WhyResponse>("Blocks/Why", request, "viewer-token");
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    return answer.body;
  }
  // The entries of the history that hold these words.
  std::vector<std::string> Entries(const std::string& words) {
    std::vector<std::string> found;
    const auto leaves = store_->Read().value()->Leaves(0, 10'000).value();
    for (const store::LeafRow& leaf : leaves) {
      if (leaf.leaf.find(words) != std::string::npos) found.push_back(leaf.leaf);
    }
    return found;
  }
  std::string Published(const std::string& list) {
    return publication_.Current(list).value().list->text();
  }
  void Pass(std::chrono::seconds time) {
    clock_.Advance(time);
    engine_->Tick();
    engine_->Settle();
  }

  // A receipt, as the device's exporter sends one.
  // For the list as it is now.
  v1::Receipt ReceiptOf(const publish::DeviceSettings& device) {
    const auto state = publication_.Current(device.list).value();
    v1::Receipt receipt;
    receipt.set_release(state.release);
    receipt.set_digest(proto::ToBytes(state.list->digest()));
    receipt.set_count(state.list->size());
    receipt.set_read_back("8 of 8 names answered NXDOMAIN");
    return receipt;
  }
  void Prove(const publish::DeviceSettings& device, bool drift = false) {
    v1::Receipt receipt = ReceiptOf(device);
    receipt.set_drift(drift);
    engine_->Received(device, receipt);
    engine_->Settle();
  }
  std::string StateOf(const std::string& name) {
    const auto answer =
        Call<v1::ListDevicesResponse>("Devices/ListDevices", v1::ListDevicesRequest());
    for (const auto& device : answer.body.devices()) {
      if (device.name() == name) return device.state();
    }
    return "(not listed)";
  }

  platform::testing::TemporaryFolder folder_;
  platform::ManualClock clock_{start};
  std::shared_ptr<const policy::PublicSuffixList> suffixes_ =
      std::make_shared<const policy::PublicSuffixList>(
          policy::PublicSuffixList::Parse("com\nexample\norg\n").value());
  std::vector<publish::DeviceSettings> devices_{{"dns1", "dns", "dns1.exporters.test"},
                                                {"proxy1", "proxy", "proxy1.exporters.test"}};
  std::vector<history::VerifierKey> desk_keys_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<history::HistoryWriter> history_;
  publish::Publication publication_;
  FakeFeeds feeds_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<people::People> people_;
  std::unique_ptr<Desk> desk_;
  MethodTable methods_;
  std::unique_ptr<ApiServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace agent::api::testing
