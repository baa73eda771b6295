// Notifications carry links only: whatever fetches one, a mail scanner say, decides nothing by it.
#include <gtest/gtest.h>

#include <string>

#include "agent/notify/event.h"
#include "tests/agent/web_fixture.h"

namespace agent::api {
namespace {

class NotifyLinksTest : public testing::WebFixture {
 protected:
  std::uint64_t revision() const { return engine_->revision(); }
};

TEST_F(NotifyLinksTest, NoGetChangesAnythingWhoeverSendsIt) {
  TakeFeed(Domains(1));
  const testing::Headers alice = BrowserHeaders(Enrol("alice", "approver"));
  const auto before = revision();
  for (const notify::Kind& kind : notify::Kinds()) {
    EXPECT_EQ(Get(std::string(kind.path), alice).status, 200) << kind.path;
  }
  for (const Access& access : AccessTable()) {
    if (access.method.find("Enforcement") != access.method.npos) continue;  // not of this door
    for (const char* query : {"", "?id=1", "?message=%7B%22id%22%3A1%7D&encoding=json"}) {
      const std::string path = std::string(access.method) + query;
      EXPECT_EQ(Get(path, alice).status, 405) << path;
      EXPECT_EQ(Get(path, Bearer("approver-token")).status, 405) << path;
    }
  }
  EXPECT_EQ(revision(), before);
}

}  // namespace
}  // namespace agent::api
