// What people see: the trace of an indicator, releases, devices, feeds and the history.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "agent/history/merkle.h"
#include "tests/agent/api_services_fixture.h"

namespace agent::api {
namespace {

using grpc::StatusCode;
using std::chrono::hours;
using std::chrono::minutes;
using testing::start;

namespace v1 = sekisho::v1;

using ReadsTest = testing::ServicesFixture;

TEST_F(ReadsTest, TellsTheWholeTraceOfABlock) {
  TakeFeed({"domain evil.example"});
  const auto before = clock_.Now();
  Pass(minutes(5));
  Approve("evil.example");
  Prove(devices_[0]);
  const auto proved = clock_.Now();

  for (const char* indicator :
       {"evil.example", "www.evil[.]example", "https://www.evil.example/login"}) {
    const auto why = Why(indicator);
    EXPECT_TRUE(why.blocked()) << indicator;
    ASSERT_EQ(why.blocks_size(), 1);
    EXPECT_EQ(why.blocks(0).indicator(), "evil.example");
    ASSERT_EQ(why.proposals_size(), 1);
    EXPECT_EQ(why.proposals(0).votes(0).voter(), "approver-name");
    EXPECT_GT(why.policy_size(), 0);
    EXPECT_GT(why.history_size(), 0);
    ASSERT_EQ(why.devices_size(), 2);
    EXPECT_TRUE(why.devices(0).enforced()) << why.devices(0).detail();
    EXPECT_EQ(why.devices(0).release(), 2U);
    EXPECT_FALSE(why.devices(1).enforced());
    EXPECT_EQ(why.devices(1).detail(), "it was never seen");
  }
  EXPECT_EQ(Why("www.evil.example").summary(),
            "www[.]evil[.]example is blocked, since release 2: it is covered by evil[.]example, "
            "approved by approver-name until 2026-09-28T14:18:20Z.");
  EXPECT_FALSE(Why("example").blocked()) << "a block does not reach upwards";
  EXPECT_FALSE(Why("notevil.example").blocked());

  Pass(minutes(5));
  v1::RevokeBlocksRequest revoke;
  revoke.set_indicator("evil.example");
  revoke.set_reason("a mistake");
  const auto revoked = Call<v1::RevokeBlocksResponse>("Blocks/RevokeBlocks", revoke);
  EXPECT_EQ(revoked.body.revoked(), 1U);
  EXPECT_EQ(revoked.body.release(), 3U);
  auto why = Why("evil.example");
  EXPECT_FALSE(why.blocked());
  EXPECT_EQ(why.summary(),
            "evil[.]example is not blocked: release 3 removed it (revoked by approver-name: a "
            "mistake).");
  EXPECT_TRUE(why.devices(0).enforced()) << "the device has not taken release 3 yet";
  Pass(minutes(5));
  Prove(devices_[0]);
  EXPECT_FALSE(Why("evil.example").devices(0).enforced());

  why = Why("evil.example", proved);
  EXPECT_TRUE(why.blocked()) << "as it was then";
  EXPECT_TRUE(why.devices(0).enforced()) << why.devices(0).detail();
  why = Why("evil.example", before);
  EXPECT_FALSE(why.blocked());
  EXPECT_EQ(why.blocks_size(), 0);
  EXPECT_FALSE(why.devices(0).enforced());
}

TEST_F(ReadsTest, TellsWhyNotWhereThereIsNoBlock) {
  TakeFeed({"ip 192.0.2.1/32"});
  EXPECT_EQ(Why("192.0.2.1").summary(),
            "192[.]0[.]2[.]1/32 is not blocked: proposal 1 is pending.");
  const auto allowed = Why("github.com");
  EXPECT_FALSE(allowed.blocked());
  ASSERT_EQ(allowed.allowlist_size(), 1);
  EXPECT_EQ(allowed.allowlist(0).code(), "url-only");
  EXPECT_NE(allowed.allowlist(0).detail().find("services"), std::string::npos);
  EXPECT_FALSE(Why("d41d8cd98f00b204e9800998ecf8427e").blocked());
}

TEST_F(ReadsTest, RefusesQuestionsThatHaveNoAnswer) {
  v1::WhyRequest request;
  EXPECT_EQ(Call<v1::WhyResponse>("Blocks/Why", request).status.error_code(),
            StatusCode::INVALID_ARGUMENT);
  request.set_indicator("evil.example");
  request.set_device("printer");
  EXPECT_EQ(Call<v1::WhyResponse>("Blocks/Why", request).status.error_code(),
            StatusCode::NOT_FOUND);
  request.clear_device();
  *request.mutable_at() = proto::ToTimestamp(start + hours(1));
  EXPECT_EQ(Call<v1::WhyResponse>("Blocks/Why", request).status.error_code(),
            StatusCode::INVALID_ARGUMENT);
  request.mutable_at()->set_nanos(-1);
  EXPECT_EQ(Call<v1::WhyResponse>("Blocks/Why", request).status.error_code(),
            StatusCode::INVALID_ARGUMENT);
}

TEST_F(ReadsTest, AnAddressIsCoveredByAPrefixOnTheProxyAlone) {
  TakeFeed({"ip 198.51.100.0/25"});
  Approve("kind:ip");
  Prove(devices_[0]);
  Prove(devices_[1]);
  const auto why = Why("198.51.100.7");
  EXPECT_TRUE(why.blocked());
  EXPECT_FALSE(why.devices(0).enforced());
  EXPECT_EQ(why.devices(0).detail(), "its list dns does not carry what blocks this");
  EXPECT_TRUE(why.devices(1).enforced()) << why.devices(1).detail();
  EXPECT_FALSE(Why("198.51.100.128").blocked());
}

TEST_F(ReadsTest, GivesReleasesTheirListsAndTheirDifference) {
  TakeFeed({"domain evil.example", "domain worse.example"});
  Approve("evil");
  Approve("worse");
  v1::GetReleaseRequest get;
  get.set_list("dns");
  auto newest = Call<v1::GetReleaseResponse>("Releases/GetRelease", get, "auditor-token").body;
  EXPECT_EQ(newest.release().number(), 3U);
  ASSERT_EQ(newest.lines_size(), 2);
  get.set_number(2);
  const auto earlier = Call<v1::GetReleaseResponse>("Releases/GetRelease", get).body;
  ASSERT_EQ(earlier.lines_size(), 1);
  EXPECT_EQ(earlier.lines(0), "domain evil.example");
  get.set_list("printer");
  EXPECT_EQ(Call<v1::GetReleaseResponse>("Releases/GetRelease", get).status.error_code(),
            StatusCode::NOT_FOUND);
  get.set_number(99);
  EXPECT_EQ(Call<v1::GetReleaseResponse>("Releases/GetRelease", get).status.error_code(),
            StatusCode::NOT_FOUND);

  v1::ListReleasesRequest list;
  list.set_limit(2);
  const auto page = Call<v1::ListReleasesResponse>("Releases/ListReleases", list).body;
  ASSERT_EQ(page.releases_size(), 2);
  EXPECT_EQ(page.releases(0).number(), 3U);
  list.set_before(2);
  EXPECT_EQ(Call<v1::ListReleasesResponse>("Releases/ListReleases", list).body.releases(0).number(),
            1U);

  v1::DiffReleasesRequest diff;
  diff.set_from(2);
  diff.set_to(3);
  const auto change = Call<v1::DiffReleasesResponse>("Releases/DiffReleases", diff).body;
  ASSERT_EQ(change.added_size(), 1);
  EXPECT_EQ(change.added(0).indicator(), "worse.example");
  EXPECT_EQ(change.removed_size(), 0);
  diff.set_to(99);
  EXPECT_EQ(Call<v1::DiffReleasesResponse>("Releases/DiffReleases", diff).status.error_code(),
            StatusCode::NOT_FOUND);
  diff.set_to(1);
  EXPECT_EQ(Call<v1::DiffReleasesResponse>("Releases/DiffReleases", diff).status.error_code(),
            StatusCode::INVALID_ARGUMENT);
}

TEST_F(ReadsTest, ABrakeHoldsUntilAnApproverReleasesIt) {
  TakeFeed(Domains(20));
  Approve("d0.example");
  Approve("d1.example");
  const std::string held = Published("dns");
  const auto decided = Approve("kind:domain");
  EXPECT_GT(decided.decided(), 10U);
  EXPECT_EQ(decided.release(), 0U);
  EXPECT_EQ(Published("dns"), held);
  const auto brakes =
      Call<v1::ListBrakesResponse>("Releases/ListBrakes", v1::ListBrakesRequest()).body;
  ASSERT_EQ(brakes.brakes_size(), 1);
  EXPECT_EQ(brakes.brakes(0).direction(), "add");
  EXPECT_EQ(brakes.brakes(0).held(), decided.decided());
  EXPECT_NE(Why("d5.example").summary().find("which a brake may hold"), std::string::npos);

  v1::ReleaseBrakeRequest request;
  request.set_id(brakes.brakes(0).id());
  EXPECT_EQ(Call<v1::ReleaseBrakeResponse>("Releases/ReleaseBrake", request).status.error_code(),
            StatusCode::INVALID_ARGUMENT)
      << "without a reason";
  request.set_reason("a known campaign");
  const auto released = Call<v1::ReleaseBrakeResponse>("Releases/ReleaseBrake", request);
  ASSERT_TRUE(released.status.ok()) << released.status.error_message();
  EXPECT_NE(Published("dns"), held);
  EXPECT_EQ(Call<v1::ListBrakesResponse>("Releases/ListBrakes", v1::ListBrakesRequest())
                .body.brakes_size(),
            0);
}

TEST_F(ReadsTest, TellsTheStateOfEachDevice) {
  EXPECT_EQ(StateOf("dns1"), "never seen");
  v1::Hello hello;
  hello.set_device("dns1");
  const policy::Validity certificate{policy::ParseTime("2026-11-24T00:00:00Z").value(),
                                     policy::ParseTime("2026-12-01T00:00:00Z").value()};
  engine_->Connected(devices_[0], hello, certificate);
  engine_->Settle();
  EXPECT_EQ(StateOf("dns1"), "behind");
  const auto listed =
      Call<v1::ListDevicesResponse>("Devices/ListDevices", v1::ListDevicesRequest());
  const v1::Device& device = listed.body.devices(0);
  EXPECT_EQ(device.certificate_valid_from().seconds(), certificate.from.time_since_epoch().count());
  EXPECT_EQ(device.certificate_expires_at().seconds(),
            certificate.until.time_since_epoch().count());
  Prove(devices_[0]);
  EXPECT_EQ(StateOf("dns1"), "current");
  TakeFeed({"domain evil.example"});
  Approve("evil");
  EXPECT_EQ(StateOf("dns1"), "behind");
  v1::Nack nack;
  nack.set_reason("named-checkzone refused it");
  engine_->Refused(devices_[0], 2, nack);
  engine_->Settle();
  EXPECT_EQ(StateOf("dns1"), "refused");
  Pass(minutes(1));
  TakeFeed({"domain evil.example", "domain worse.example"});
  Approve("worse");
  EXPECT_EQ(StateOf("dns1"), "behind") << "what it refused is not what is wanted now";
  Prove(devices_[0], true);
  EXPECT_EQ(StateOf("dns1"), "drift");
  EXPECT_FALSE(Why("evil.example").devices(0).enforced());
  Prove(devices_[0]);
  EXPECT_EQ(StateOf("dns1"), "current");
  engine_->Disconnected(devices_[0]);
  EXPECT_EQ(StateOf("dns1"), "offline");
}

// The list of dns1 has these three, of one risk: only the first of them fits.
TEST_F(ReadsTest, E11_TellsWhatADeviceHasNoRoomFor) {
  TakeFeed({"domain a.example", "domain b.example", "domain c.example"});
  Approve("example");
  v1::Hello hello;
  hello.set_device("dns1");
  engine_->Connected(devices_[0], hello, std::nullopt);
  const auto block = store_->Read().value()->FindBlock(1).value().value();
  v1::Receipt receipt = ReceiptOf(devices_[0]);
  auto& part = *receipt.add_left_out();
  part.add_kinds("domain");
  part.set_count(2);
  part.set_risk(static_cast<std::uint32_t>(block.risk));
  part.set_last("domain a.example");
  part.add_sample("domain b.example");
  part.set_all("/var/lib/sekisho/dns1/left_out.list");
  engine_->Received(devices_[0], receipt);
  engine_->Settle();
  EXPECT_EQ(StateOf("dns1"), "full");
  const auto devices =
      Call<v1::ListDevicesResponse>("Devices/ListDevices", v1::ListDevicesRequest());
  ASSERT_EQ(devices.body.devices(0).left_out_size(), 1);
  EXPECT_EQ(devices.body.devices(0).left_out(0).sample(0), "domain b.example");
  EXPECT_TRUE(Why("a.example").devices(0).enforced());
  const auto why = Why("b.example");
  EXPECT_FALSE(why.devices(0).enforced());
  EXPECT_TRUE(why.devices(0).detail().starts_with("left out on this device: it is full; it has "))
      << why.devices(0).detail();
  receipt.mutable_left_out(0)->set_place("small.txt");
  receipt.mutable_left_out(0)->set_risk(100);
  receipt.mutable_left_out(0)->set_last("");
  engine_->Received(devices_[0], receipt);
  engine_->Settle();
  EXPECT_TRUE(Why("a.example")
                  .devices(0)
                  .detail()
                  .starts_with("left out on this device: small.txt is full"));
}

TEST_F(ReadsTest, InvariantFour_TellsWhatEndedOnADeviceWhileTheAgentWasAway) {
  TakeFeed({"domain evil.example"});
  Approve("evil");
  Prove(devices_[0]);
  clock_.Advance(hours(24 * 365));  // nobody was there to tick
  v1::Receipt receipt = ReceiptOf(devices_[0]);
  receipt.set_digest(proto::ToBytes(policy::Sha256Of("")));
  receipt.set_count(0);
  receipt.set_ended(1);
  engine_->Received(devices_[0], receipt);
  engine_->Settle();
  const auto why = Why("evil.example");
  EXPECT_FALSE(why.devices(0).enforced());
  EXPECT_TRUE(
      why.devices(0).detail().starts_with("its time was over on this device while the "
                                          "agent was away"))
      << why.devices(0).detail();
  const auto devices =
      Call<v1::ListDevicesResponse>("Devices/ListDevices", v1::ListDevicesRequest());
  EXPECT_EQ(devices.body.devices(0).ended(), 1U);
}

TEST_F(ReadsTest, GivesTheHistoryOfOneIndicatorPageByPage) {
  TakeFeed({"domain evil.example", "domain other.example"});
  Approve("evil");
  Approve("other");
  v1::RevokeBlocksRequest revoke;
  revoke.set_indicator("evil.example");
  revoke.set_reason("a mistake");
  ASSERT_TRUE(Call<v1::RevokeBlocksResponse>("Blocks/RevokeBlocks", revoke).status.ok());

  v1::ListEntriesRequest list;
  list.set_subject("evil[.]example");
  list.set_limit(1);
  const auto first = Call<v1::ListEntriesResponse>("History/ListEntries", list).body;
  ASSERT_EQ(first.entries_size(), 1);
  EXPECT_NE(first.entries(0).leaf().find("\"approve\""), std::string::npos);
  ASSERT_GT(first.next(), first.entries(0).index());
  list.set_from(first.next());
  const auto last = Call<v1::ListEntriesResponse>("History/ListEntries", list).body;
  ASSERT_EQ(last.entries_size(), 1);
  EXPECT_NE(last.entries(0).leaf().find("\"unblock\""), std::string::npos);
  EXPECT_EQ(last.next(), 0U);
}

TEST_F(ReadsTest, GivesTheHistoryAndProofsThatHold) {
  TakeFeed({"domain evil.example"});
  Pass(minutes(10));
  Approve("evil");
  v1::ListEntriesRequest list;
  list.set_limit(2);
  std::vector<v1::Entry> entries;
  while (true) {
    const auto page = Call<v1::ListEntriesResponse>("History/ListEntries", list).body;
    entries.insert(entries.end(), page.entries().begin(), page.entries().end());
    if (page.next() == 0) break;
    list.set_from(page.next());
  }
  ASSERT_GT(entries.size(), 3U);
  for (std::size_t i = 0; i < entries.size(); ++i) EXPECT_EQ(entries[i].index(), i);

  v1::ListEntriesRequest about;
  about.set_subject("evil[.]example");
  const auto found = Call<v1::ListEntriesResponse>("History/ListEntries", about).body;
  ASSERT_EQ(found.entries_size(), 1);
  EXPECT_NE(found.entries(0).leaf().find("\"actor\":\"approver-name\",\"action\":\"approve\""),
            std::string::npos);
  v1::ListEntriesRequest since;
  *since.mutable_since() = proto::ToTimestamp(start + minutes(10));
  const auto later = Call<v1::ListEntriesResponse>("History/ListEntries", since).body;
  ASSERT_GT(later.entries_size(), 0);
  EXPECT_EQ(later.entries(0).index(), found.entries(0).index());

  for (const v1::Entry& entry : entries) {
    v1::ProveEntryRequest request;
    request.set_index(entry.index());
    const auto proof = Call<v1::ProveEntryResponse>("History/ProveEntry", request);
    ASSERT_TRUE(proof.status.ok()) << proof.status.error_message();
    const auto checkpoint = history::OpenCheckpoint(proof.body.checkpoint(), desk_keys_);
    ASSERT_TRUE(checkpoint);
    std::vector<history::Hash> path;
    for (const std::string& hash : proof.body.path()) {
      path.push_back(proto::FromBytes(hash).value());
    }
    EXPECT_TRUE(history::VerifyInclusion(history::LeafHash(entry.leaf()), entry.index(),
                                         checkpoint->size, path, checkpoint->root));
  }
  v1::ProveEntryRequest beyond;
  beyond.set_index(entries.size());
  EXPECT_EQ(Call<v1::ProveEntryResponse>("History/ProveEntry", beyond).status.error_code(),
            StatusCode::NOT_FOUND);

  v1::ListCheckpointsRequest checkpoints;
  checkpoints.set_limit(1);
  const auto first = Call<v1::ListCheckpointsResponse>("History/ListCheckpoints", checkpoints).body;
  ASSERT_EQ(first.notes_size(), 1);
  EXPECT_TRUE(first.more());
  checkpoints.set_after_size(entries.size());
  EXPECT_EQ(
      Call<v1::ListCheckpointsResponse>("History/ListCheckpoints", checkpoints).body.notes_size(),
      0);
}

TEST_F(ReadsTest, TellsHowFeedsFare) {
  TakeFeed({"domain evil.example", "ip 192.0.2.1/32"});
  v1::ListFeedsRequest list;
  auto feeds = Call<v1::ListFeedsResponse>("Feeds/ListFeeds", list, "viewer-token").body;
  ASSERT_EQ(feeds.feeds_size(), 2);
  EXPECT_EQ(feeds.feeds(0).name(), "urlhaus");
  EXPECT_EQ(feeds.feeds(0).state(), "good");
  EXPECT_EQ(feeds.feeds(0).observations(), 2U);
  ASSERT_EQ(feeds.feeds(0).rejected_rows_size(), 1);
  EXPECT_EQ(feeds.feeds(0).rejected_rows(0).line(), 7U);
  EXPECT_TRUE(feeds.feeds(1).is_allowlist());
  EXPECT_EQ(feeds.feeds(1).state(), "good");

  clock_.Advance(hours(24 * 31));
  EXPECT_EQ(Call<v1::ListFeedsResponse>("Feeds/ListFeeds", list).body.feeds(0).state(), "stale");
}

TEST_F(ReadsTest, SaysWhatOfAFeedIsContextWithoutCallingThatAFailure) {
  auto snapshot = std::make_shared<feeds::FeedSnapshot>();
  snapshot->rows_total = 9'280;
  snapshot->context = {{"certificate hashes", 9'263}, {"file hashes", 10}};
  snapshot->passed_over = 7;
  snapshot->passed_over_by_reason = {{"deleted", 4}, {"not to_ids", 3}};
  Take(feeds::SourceKind::feed, "urlhaus", std::shared_ptr<const feeds::FeedSnapshot>(snapshot));
  const auto feeds = Call<v1::ListFeedsResponse>("Feeds/ListFeeds", v1::ListFeedsRequest()).body;
  EXPECT_EQ(feeds.feeds(0).state(), "good");
  EXPECT_EQ(feeds.feeds(0).observations(), 0U);
  EXPECT_EQ(feeds.feeds(0).detail(),
            "kept as context: 9263 certificate hashes, 10 file hashes; 7 passed over: 4 deleted, 3 "
            "not to_ids");
}

TEST_F(ReadsTest, RefreshesFeedsByName) {
  v1::RefreshFeedsRequest request;
  request.add_names("urlhaus");
  const auto answer = Call<v1::RefreshFeedsResponse>("Feeds/RefreshFeeds", request, "admin-token");
  ASSERT_EQ(answer.body.feeds_size(), 1);
  EXPECT_EQ(answer.body.feeds(0).state(), "never fetched");
  EXPECT_EQ(feeds_.refreshes, 1);
  request.add_names("printer");
  EXPECT_EQ(Call<v1::RefreshFeedsResponse>("Feeds/RefreshFeeds", request, "admin-token")
                .status.error_code(),
            StatusCode::NOT_FOUND);
}

TEST_F(ReadsTest, WhoTookAFileOfUnusualSizeIsInTheHistory) {
  v1::RefreshFeedsRequest request;
  request.set_accept_size(true);
  const auto refresh = [&] {
    return Call<v1::RefreshFeedsResponse>("Feeds/RefreshFeeds", request, "admin-token")
        .status.error_code();
  };
  EXPECT_EQ(refresh(), StatusCode::INVALID_ARGUMENT) << "of no source by name";
  request.add_names("printer");
  EXPECT_EQ(refresh(), StatusCode::NOT_FOUND);
  EXPECT_EQ(Entries("feed.accept-size").size(), 0U);
  request.set_names(0, "urlhaus");
  EXPECT_EQ(refresh(), StatusCode::OK);
  EXPECT_TRUE(feeds_.last_refresh.accept_size);
  const auto entries = Entries("feed.accept-size");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_NE(entries[0].find("\"actor\":\"admin-name\""), std::string::npos) << entries[0];
  EXPECT_NE(entries[0].find("{\"sources\":[\"urlhaus\"]}"), std::string::npos) << entries[0];
}

}  // namespace
}  // namespace agent::api
