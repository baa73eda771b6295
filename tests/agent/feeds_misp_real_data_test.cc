// MISP's formats on files as they were published. The counts are those of a program in Python that
// walks the same files by itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "agent/feeds/misp_feed.h"
#include "agent/feeds/misp_json.h"
#include "tests/policy/real_data.h"

namespace agent::feeds {
namespace {

using policy::IndicatorKind;
using Counts = std::map<std::string, std::uint64_t>;

const policy::TimePoint fetched_at = *policy::ParseTime("2026-03-15T05:00:00Z");
constexpr std::size_t rows_max = 1'000'000;

struct Expected {
  const char* file;
  std::ptrdiff_t domains;
  std::ptrdiff_t addresses;
  std::ptrdiff_t urls;
  Counts context;
  Counts passed_over;
};

// Of the domain|ip pairs the addresses are Cloudflare's (104.31.x.x) or the domain's host: what it
// resolved to. The sample about proposals holds one on the event and one on its attribute.
const Expected files[] = {
    {"misp/eset/badiis_misp-badiis.json.zst",
     0,
     0,
     0,
     {{"file hashes", 82}, {"other attributes", 108}},
     {{"not to_ids", 54}}},
    {"misp/eset/dukes_misp-dukes-operation-ghost-event.json",
     0,
     0,
     0,
     {{"file hashes", 18}, {"other attributes", 14}},
     {{"not to_ids", 69}}},
    {"misp/eset/gelsemium_misp.event_2021-06-09_gelsemium-when-threat-actors-go-gardening.json",
     0,
     0,
     0,
     {{"file hashes", 153}, {"other attributes", 1}},
     {}},
    {"misp/eset/glupteba_glupteba.misp-event.json",
     272,
     40,
     0,
     {{"file hashes", 6}, {"other attributes", 1}},
     {{"address of a domain", 4}}},
    {"misp/eset/invisimole_misp_invisimole.json.zst",
     0,
     0,
     0,
     {{"file hashes", 89}, {"other attributes", 211}},
     {{"not to_ids", 19}}},
    {"misp/eset/kryptocibule_misp-kryptocibule.json",
     0,
     0,
     0,
     {{"file hashes", 32}, {"other attributes", 91}},
     {{"not to_ids", 68}}},
    {"misp/eset/machete_misp-machete-event.json",
     0,
     0,
     0,
     {{"file hashes", 312}, {"other attributes", 63}},
     {{"not to_ids", 21}}},
    {"misp/eset/mozi_mozi.misp-event.json.zst",
     0,
     0,
     11,
     {{"file hashes", 63}, {"other attributes", 72}},
     {{"not to_ids", 5}}},
    {"misp/eset/oceanlotus_oceanlotus-macOS.misp.event.json",
     0,
     0,
     0,
     {{"file hashes", 1}, {"other attributes", 4}},
     {{"not to_ids", 4}}},
    {"misp/eset/oceanlotus_oceanlotus.misp.event.json",
     0,
     0,
     0,
     {{"file hashes", 5}, {"other attributes", 19}},
     {{"not to_ids", 87}}},
    {"misp/eset/powerpool_misp-powerpool.json",
     0,
     0,
     0,
     {{"file hashes", 5}, {"other attributes", 7}},
     {{"not to_ids", 6}}},
    {"misp/eset/ramsay_misp-ramsay.json",
     0,
     0,
     0,
     {{"file hashes", 51}, {"other attributes", 30}},
     {}},
    {"misp/eset/sednit_2018-11-20_Zebrocy.json",
     0,
     0,
     0,
     {{"file hashes", 15}, {"other attributes", 15}},
     {{"not to_ids", 2}}},
    {"misp/eset/sednit_2019-05-23_Zebrocy.json",
     0,
     0,
     0,
     {{"file hashes", 9}, {"other attributes", 1}},
     {{"not to_ids", 2}}},
    {"misp/misp-stix-tests/test_attributes_collection_1.json",
     1,
     0,
     0,
     {{"other attributes", 1}},
     {}},
    {"misp/misp-stix-tests/test_attributes_collection_2.json",
     1,
     0,
     0,
     {{"other attributes", 1}},
     {{"address of a domain", 1}}},
    {"misp/misp-stix-tests/test_events_collection_1.json", 1, 0, 0, {{"other attributes", 1}}, {}},
    {"misp/misp-stix-tests/test_events_collection_2.json",
     1,
     0,
     0,
     {{"other attributes", 1}},
     {{"address of a domain", 1}}},
    {"misp/misp-stix-tests/test_objects_collection_1.json",
     0,
     0,
     0,
     {{"file hashes", 3}, {"other attributes", 7}},
     {}},
    {"misp/misp-stix-tests/test_objects_collection_2.json", 1, 1, 0, {{"other attributes", 7}}, {}},
    {"misp/pymisp/57c4445b-c548-4654-af0b-4be3950d210f.json",
     0,
     0,
     0,
     {{"file hashes", 3}, {"other attributes", 6}},
     {}},
    {"misp/pymisp/attribute_del.json", 0, 0, 0, {}, {{"deleted", 1}}},
    {"misp/pymisp/existing_event.json",
     18,
     11,
     0,
     {{"file hashes", 37}, {"other attributes", 54}},
     {}},
    {"misp/pymisp/japanese_test_heavy.json", 0, 0, 0, {{"other attributes", 10}}, {}},
    {"misp/pymisp/misp_event.json", 0, 0, 0, {{"other attributes", 1}}, {{"not to_ids", 1}}},
    {"misp/pymisp/proposals.json", 0, 0, 0, {{"other attributes", 1}}, {{"proposal", 2}}},
    {"misp/pymisp/shadow.json", 0, 0, 0, {{"other attributes", 3}}, {{"proposal", 2}}},
    {"misp/pymisp/very_long_event.json",
     0,
     1,
     1,
     {{"file hashes", 32}, {"other attributes", 29}},
     {}},
    {"misp-feed/14602757-2883-4f51-ac65-47baf432be8d.json",
     0,
     0,
     0,
     {{"file hashes", 89}, {"other attributes", 211}},
     {{"not to_ids", 19}}},
    {"misp-feed/15ebb496-c51c-4f88-b60b-aba5f806db5f.json",
     0,
     0,
     11,
     {{"file hashes", 63}, {"other attributes", 72}},
     {{"not to_ids", 5}}},
    {"misp-feed/3b9c73b1-e5a0-4fd8-a939-f8580f71f44b.json",
     0,
     0,
     0,
     {{"file hashes", 153}, {"other attributes", 1}},
     {}},
    {"misp-feed/41d35b43-e44a-47e2-882b-1a06e0b0581f.json",
     0,
     0,
     0,
     {{"file hashes", 82}, {"other attributes", 108}},
     {{"not to_ids", 54}}},
    {"misp-feed/59dbf0f6-3203-413a-9fbc-7960b592e4cf.json",
     0,
     0,
     0,
     {{"file hashes", 32}, {"other attributes", 91}},
     {{"not to_ids", 68}}},
    {"misp-feed/5a610659-d718-4a1f-b020-04d80a016219.json",
     0,
     0,
     0,
     {{"file hashes", 5}, {"other attributes", 19}},
     {{"not to_ids", 87}}},
    {"misp-feed/5aa2e21b-79d8-4fd7-b15d-34670a016219.json",
     272,
     40,
     0,
     {{"file hashes", 6}, {"other attributes", 1}},
     {{"address of a domain", 4}}},
    {"misp-feed/5b8d9d33-ccf0-4fd9-82dc-7dbc0a016219.json",
     0,
     0,
     0,
     {{"file hashes", 5}, {"other attributes", 7}},
     {{"not to_ids", 6}}},
    {"misp-feed/5be1e65d-8198-497b-bdf5-5ec20a016219.json",
     0,
     0,
     0,
     {{"file hashes", 15}, {"other attributes", 15}},
     {{"not to_ids", 2}}},
    {"misp-feed/5cab636f-ed50-4295-91ae-78d70a016219.json",
     0,
     0,
     0,
     {{"file hashes", 1}, {"other attributes", 4}},
     {{"not to_ids", 4}}},
    {"misp-feed/5cb88eb5-ba84-40a8-a31d-01c00a016219.json",
     0,
     0,
     0,
     {{"file hashes", 9}, {"other attributes", 1}},
     {{"not to_ids", 2}}},
    {"misp-feed/5d3f036b-0f50-4499-af4c-695a0a016219.json",
     0,
     0,
     0,
     {{"file hashes", 312}, {"other attributes", 63}},
     {{"not to_ids", 21}}},
    {"misp-feed/5d9b516c-e5f0-4e7c-a958-5d8c0a019371.json",
     0,
     0,
     0,
     {{"file hashes", 18}, {"other attributes", 14}},
     {{"not to_ids", 69}}},
    {"misp-feed/5eb0775e-2780-4234-89b8-5e640a019371.json",
     0,
     0,
     0,
     {{"file hashes", 51}, {"other attributes", 30}},
     {}},
    {"stalkerware/misp_event.json.zst",
     991,
     0,
     0,
     {{"file hashes", 3752}, {"other attributes", 2343}},
     {}},
};

// Files of other things that lie among them: bundles of STIX, a description of types, an answer
// about sharing groups.
const char* const other_files[] = {
    "misp/misp-stix-tests/test_attributes_collection_stix20.json",
    "misp/misp-stix-tests/test_attributes_collection_stix21.json",
    "misp/misp-stix-tests/test_event1_stix20.json",
    "misp/misp-stix-tests/test_event1_stix21.json",
    "misp/misp-stix-tests/test_event2_stix20.json",
    "misp/misp-stix-tests/test_event2_stix21.json",
    "misp/misp-stix-tests/test_events_collection_stix20.json",
    "misp/misp-stix-tests/test_events_collection_stix21.json",
    "misp/misp-stix-tests/test_objects_collection_stix20.json",
    "misp/misp-stix-tests/test_objects_collection_stix21.json",
    "misp/pymisp/describeTypes.json",
    "misp/pymisp/sharing_groups.json",
    "misp-feed/manifest.json",
};

std::ptrdiff_t Count(const FeedSnapshot& snapshot, IndicatorKind kind) {
  return std::count_if(
      snapshot.observations.begin(), snapshot.observations.end(),
      [kind](const policy::Observation& o) { return policy::KindOf(o.indicator) == kind; });
}

std::string RejectedIn(const FeedSnapshot& snapshot) {
  std::string text;
  for (const RejectedRow& row : snapshot.rejected) text += row.reason + "\n";
  return text;
}

void ExpectCounts(const FeedSnapshot& snapshot, const Expected& expected) {
  EXPECT_EQ(Count(snapshot, IndicatorKind::domain), expected.domains) << expected.file;
  EXPECT_EQ(Count(snapshot, IndicatorKind::ip), expected.addresses) << expected.file;
  EXPECT_EQ(Count(snapshot, IndicatorKind::url), expected.urls) << expected.file;
  EXPECT_EQ(snapshot.context, expected.context) << expected.file;
  EXPECT_EQ(snapshot.passed_over_by_reason, expected.passed_over) << expected.file;
  EXPECT_TRUE(snapshot.rejected.empty()) << expected.file << ": " << RejectedIn(snapshot);
}

TEST(RealMisp, EachFileGivesWhatIsInIt) {
  for (const Expected& expected : files) {
    SEKISHO_REAL_DATA_OR_SKIP(bytes, expected.file);
    const auto snapshot = ParseMispFile(bytes, fetched_at, rows_max, {});
    ASSERT_TRUE(snapshot) << expected.file << ": " << snapshot.error().detail;
    ExpectCounts(*snapshot, expected);
  }
}

TEST(RealMisp, OtherFilesAreRefused) {
  for (const char* const file : other_files) {
    SEKISHO_REAL_DATA_OR_SKIP(bytes, file);
    const auto snapshot = ParseMispFile(bytes, fetched_at, rows_max, {});
    ASSERT_FALSE(snapshot) << file;
    EXPECT_EQ(snapshot.error().code, policy::ErrorCode::malformed_input);
  }
}

TEST(RealMisp, AnIndexOfEventsHasNoRows) {
  SEKISHO_REAL_DATA_OR_SKIP(bytes, "misp/pymisp/search_index_result.json");
  const auto snapshot = ParseMispFile(bytes, fetched_at, rows_max, {});
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->rows_total, 0U);
}

TEST(RealMisp, EventsBringTheirTimesTagsAndMalware) {
  SEKISHO_REAL_DATA_OR_SKIP(bytes, "misp/pymisp/very_long_event.json");
  const auto snapshot = ParseMispFile(bytes, fetched_at, rows_max, {});
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  ASSERT_EQ(snapshot->observations.size(), 2U);
  // ip-dst|port, twice with another port; both edited at the same second, so the first stays.
  const policy::Observation& address = snapshot->observations[0];
  EXPECT_EQ(policy::LineOf(address.indicator), "ip 174.127.99.225/32");
  EXPECT_TRUE(address.tags.starts_with("port:")) << address.tags;
  EXPECT_NE(address.tags.find("tlp:white"), std::string::npos) << address.tags;
}

// What ParseMispFeed reads, made of the real files as CollectMispFeed does.
class FolderClient final : public platform::HttpClient {
 public:
  policy::Result<platform::HttpResponse> Send(const platform::HttpRequest& request) override {
    platform::HttpResponse response;
    const std::string file = request.url.substr(request.url.rfind('/') + 1);
    response.status = std::filesystem::exists(RealDataPath("misp-feed/" + file)) ? 200 : 404;
    response.body = ReadRealData("misp-feed/" + file);
    ++requests_;
    return response;
  }
  int requests() const { return requests_; }

 private:
  int requests_ = 0;
};

platform::HttpRequest FeedRequest() {
  platform::HttpRequest request;
  request.url = "https://feed.example/misp/";
  return request;
}

TEST(RealMisp, TheFeedIsFetchedOnceAndThenOnlyItsManifest) {
  SEKISHO_REAL_DATA_OR_SKIP(manifest, "misp-feed/manifest.json");
  FolderClient client;
  const auto first = CollectMispFeed(client, FeedRequest(), "", {});
  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_EQ(first->status, 200);
  EXPECT_EQ(client.requests(), 15);  // the manifest and 14 events
  const auto snapshot = ParseMispFeed(first->body, fetched_at, rows_max, {});
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  ExpectCounts(*snapshot, {"misp-feed",
                           272,
                           40,
                           11,
                           {{"file hashes", 841}, {"other attributes", 637}},
                           {{"address of a domain", 4}, {"not to_ids", 337}}});
  EXPECT_LT(first->body.size(), 200'000U);  // of 840 KB of files

  const auto second = CollectMispFeed(client, FeedRequest(), first->body, {});
  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_EQ(client.requests(), 16);
  EXPECT_EQ(second->body, first->body);
}

TEST(RealMisp, TheFeedCanStartAtADate) {
  SEKISHO_REAL_DATA_OR_SKIP(manifest, "misp-feed/manifest.json");
  FolderClient client;
  // One event was changed in 2023; the next before it in August 2021.
  const MispFeed feed{{}, policy::ParseTime("2022-01-01").value()};
  const auto answer = CollectMispFeed(client, FeedRequest(), "", feed);
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(client.requests(), 2);
  const auto snapshot = ParseMispFeed(answer->body, fetched_at, rows_max, feed);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->observations.size(), 11U);
  EXPECT_EQ(snapshot->observations[0].reference,
            "https://feed.example/misp/15ebb496-c51c-4f88-b60b-aba5f806db5f.json");
}

// hashes.csv is another account of the same folder: the MD5 of each value, with its event.
TEST(RealMisp, TheFeedsHashesAgreeWithItsManifest) {
  SEKISHO_REAL_DATA_OR_SKIP(hashes, "misp-feed/hashes.csv");
  SEKISHO_REAL_DATA_OR_SKIP(manifest, "misp-feed/manifest.json");
  std::set<std::string> of_hashes;
  std::size_t lines = 0;
  for (std::size_t at = 0; at < hashes.size(); ++lines) {
    const std::size_t end = hashes.find('\n', at);
    of_hashes.insert(hashes.substr(at + 33, end - at - 33));
    at = end + 1;
  }
  EXPECT_EQ(lines, 2'270U);
  std::set<std::string> of_manifest;
  const auto json = nlohmann::json::parse(manifest);
  for (const auto& [uuid, entry] : json.items()) of_manifest.insert(uuid);
  EXPECT_EQ(of_hashes, of_manifest);
}

}  // namespace
}  // namespace agent::feeds
