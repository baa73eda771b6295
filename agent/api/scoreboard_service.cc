#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "agent/api/scoreboard.h"
#include "agent/api/services.h"
#include "sekisho/v1/scoreboard.pb.h"

namespace agent::api {
namespace {

using policy::Result;
using sekisho::v1::GetScoreboardRequest;
using sekisho::v1::GetScoreboardResponse;

constexpr std::chrono::seconds kept_for{60};

// Counts at most once a minute: whoever asks while it is counted anew waits for that.
class Counted {
 public:
  explicit Counted(const Desk& desk) : desk_(desk) {}

  Result<GetScoreboardResponse> Get() {
    const std::lock_guard lock(mutex_);
    const auto now = desk_.clock.SteadyNow();
    if (scores_ && now - counted_at_ < kept_for) return *scores_;
    auto reader = desk_.store.Read();
    if (!reader) return tl::unexpected(reader.error());
    auto scores = CountScores(**reader, *desk_.engine.world(), desk_.clock.Now());
    if (!scores) return scores;
    counted_at_ = now;
    scores_ = *std::move(scores);
    return *scores_;
  }

 private:
  const Desk& desk_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point counted_at_;
  std::optional<GetScoreboardResponse> scores_;
};

}  // namespace

void AddScoreboard(MethodTable& table, const Desk& desk) {
  table.Add<GetScoreboardRequest, GetScoreboardResponse>(
      "sekisho.v1.Scoreboard.GetScoreboard",
      [counted = std::make_shared<Counted>(desk)](const Caller&, const GetScoreboardRequest&) {
        return counted->Get();
      });
}

}  // namespace agent::api
