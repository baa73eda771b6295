#include "cli/json_text.h"

#include <gtest/gtest.h>

#include "sekisho/v1/api.pb.h"

namespace cli {
namespace {

namespace v1 = sekisho::v1;

TEST(JsonTextTest, KeepsTheNamesOfTheProtoAndWritesBytesAsHex) {
  v1::GetReleaseResponse response;
  response.mutable_release()->set_number(7);
  response.mutable_release()->mutable_at()->set_seconds(1'700'000'000);
  v1::ReleaseList& list = *response.mutable_release()->add_lists();
  list.set_list("dns");
  list.set_digest(std::string("\x00\xab\xff", 3));
  response.add_lines("domain evil.example");
  EXPECT_EQ(ToJson(response).value(), R"({
  "release": {
    "number": "7",
    "at": "2023-11-14T22:13:20Z",
    "cause": "",
    "lists": [
      {
        "list": "dns",
        "digest": "00abff",
        "count": "0",
        "added": "0",
        "removed": "0"
      }
    ]
  },
  "lines": [
    "domain evil.example"
  ]
}
)");
}

TEST(JsonTextTest, WritesRepeatedBytesAsHexAndLeavesAsText) {
  v1::ProveEntryResponse response;
  response.mutable_entry()->set_index(1);
  response.mutable_entry()->set_leaf(R"({"v":1,"subject":"関所"})");
  response.add_path(std::string(2, '\x01'));
  EXPECT_EQ(ToJson(response).value(), R"({
  "entry": {
    "index": "1",
    "leaf": "{\"v\":1,\"subject\":\"関所\"}"
  },
  "path": [
    "0101"
  ],
  "checkpoint": ""
}
)");
}

TEST(JsonTextTest, EscapesWhatATerminalWouldObeyWithoutChangingTheValue) {
  v1::Reason reason;
  reason.set_code("\x1b[2J");
  reason.set_detail("a\xe2\x80\xae\xc2\x9b\xf3\xa0\x81\x81関");
  EXPECT_EQ(ToJson(reason).value(), R"({
  "code": "\u001b[2J",
  "detail": "a\u202e\u009b\udb40\udc41関"
}
)");
}

TEST(JsonTextTest, RefusesATimeOutsideTheCalendar) {
  v1::Vote vote;
  vote.mutable_at()->set_seconds(std::int64_t{1} << 60);
  EXPECT_EQ(ToJson(vote).error().code, policy::ErrorCode::corrupt);
}

}  // namespace
}  // namespace cli
