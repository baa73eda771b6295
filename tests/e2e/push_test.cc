// What an analyst says goes the whole way, and survives the agent.

#include "tests/e2e/site_test.h"

namespace e2e {
namespace {

using PushTest = SiteTest;

TEST_F(PushTest, WhatAnAnalystObservesIsBlockedOnceAnotherApproves) {
  MakeSite();
  site_->AddAllowlist("hosting", "plain", "hosting.example\n", "hosting", "url-only");
  site_->AddFeed("sample", "plain", "other.example\n");
  site_->AddPushFeed("desk");
  site_->AddPushFeed("sensors", ", role: detections");
  site_->Start();

  const std::vector<std::string> seen{"observe", "pushed[.]example", "--feed",
                                      "desk",    "--threat",         "phishing"};
  EXPECT_EQ(site_->Run(seen, "alice").exit, 4) << "whoever approves cannot observe";
  const auto observed = site_->Run(seen, "carol");
  ASSERT_EQ(observed.exit, 0) << observed;
  // Acknowledged is kept, whatever happens next.
  site_->agent().Kill();
  site_->StartAgent();
  const std::string pushed = "domain pushed.example";
  EXPECT_TRUE(Eventually([&] {
    const auto queue = site_->Run({"queue", "list", "--filter", "pushed", "-o", "json"});
    return queue.exit == 0 && queue.out.find("pushed.example") != std::string::npos;
  }));
  ExpectBlockedNowhere({pushed});

  EXPECT_EQ(site_->Run({"observe", "pushed.example", "--feed", "sensors"}, "carol").exit, 0);
  Approve("pushed");
  ExpectBlockedEverywhere({pushed});
  const auto withdrawn =
      site_->Run({"observe", "pushed.example", "--feed", "desk", "--withdraw"}, "carol");
  EXPECT_EQ(withdrawn.exit, 0) << withdrawn;
  ExpectGoodHistory();
}

}  // namespace
}  // namespace e2e
