#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/printer.h"
#include "policy/result.h"
#include "sekisho/v1/api.pb.h"

// `sekisho queue review`: the queue on a terminal, by the keys of the web page.
namespace cli::review {

namespace v1 = sekisho::v1;
using TimePoint = std::chrono::steady_clock::time_point;
using Verdict = v1::DecideRequest::Verdict;

// How long a decision can be taken back before the agent hears of it; as on the page.
inline constexpr std::chrono::seconds undo_window{6};

// Who stays so long at a proposal is at it, for all to see, as on the page. Said again while keys
// are pressed.
inline constexpr std::chrono::seconds claim_after{2};
inline constexpr std::chrono::minutes claim_again_after{3};

struct Key {
  enum class Kind : std::uint8_t {
    character,
    enter,
    escape,
    backspace,
    clear,  // Ctrl-U
    up,
    down,
    page_up,
    page_down,
    home,
    end,
  };
  Kind kind = Kind::character;
  char32_t character = 0;
};

struct Decision {
  Verdict verdict = v1::DecideRequest::VERDICT_UNSPECIFIED;
  std::string reason;
  std::vector<v1::Proposal> proposals;  // as they were seen
  std::size_t place = 0;                // of the first in the list
  TimePoint due;
};

enum class Mode : std::uint8_t { list, evidence, help, reason, confirm, filter };

// What was decided, for the end.
struct Tally {
  std::uint64_t approved = 0;
  std::uint64_t rejected = 0;
  std::uint64_t deferred = 0;
  std::uint64_t awaiting = 0;
  std::uint64_t refused = 0;
};

// Where a person is in the queue and what they decided: neither terminal nor agent, both of which
// its owner brings. For one thread.
class Review {
 public:
  Review(const Printer& printer, std::string filter);

  void Press(const Key& key, TimePoint now);

  // The page to ask for now, if any; its answer goes to Took. One at a time.
  std::optional<v1::ListProposalsRequest> WantedPage();
  void Took(const policy::Result<v1::ListProposalsResponse>& page);
  // Decisions whose time has come, once; each one's answer goes to Settled. When leaving, all.
  std::vector<Decision> TakeDue(TimePoint now);
  void Settled(const Decision& decision, const policy::Result<v1::DecideResponse>& answer);
  // What to claim now, if that is another than before or has to be said again; its answer goes to
  // Claimed.
  std::optional<v1::ClaimRequest> WantedClaim(TimePoint now);
  void Claimed(const policy::Result<v1::ClaimResponse>& answer);
  v1::WatchRequest WatchRequest() const;
  void Watched(const v1::WatchResponse& answer);

  bool is_over() const { return is_leaving_ && outbox_.empty() && in_flight_.empty(); }

  const std::vector<v1::Proposal>& rows() const { return rows_; }
  std::size_t current() const { return current_; }
  const v1::Proposal* current_row() const { return rows_.empty() ? nullptr : &rows_[current_]; }
  bool is_marked(std::int64_t id) const { return marks_.contains(id); }
  std::size_t marked() const { return marks_.size(); }
  bool has_claimed() const { return !claimed_.empty(); }
  // Who else has claimed it; empty if nobody.
  std::string OwnerOf(std::int64_t id) const;
  // Who else looks at it; empty if nobody.
  std::string OthersAt(std::int64_t id) const;
  std::uint64_t total() const { return total_; }
  std::size_t waiting() const { return outbox_.size(); }
  bool is_loading() const { return is_asking_; }
  Mode mode() const { return mode_; }
  std::size_t scrolled() const { return scrolled_; }  // lines, of the evidence
  const std::string& input() const { return input_; }
  const std::string& filter() const { return filter_; }
  const std::string& notice() const { return notice_; }
  // What is decided on next, while its reason or its number is asked for.
  const Decision& draft() const { return draft_; }
  const Tally& tally() const { return tally_; }

 private:
  void PressInList(const Key& key, TimePoint now);
  void PressCharacter(char32_t character, TimePoint now);
  void PressInEvidence(const Key& key);
  void PressInPrompt(const Key& key, TimePoint now);
  void Enter(TimePoint now);
  void Move(std::ptrdiff_t by);
  void Mark();
  void Begin(Verdict verdict);
  void Again(TimePoint now);
  void CommitOrAsk(TimePoint now);
  void Commit(TimePoint now);
  void Undo();
  void Choose(int step);
  void Reload();
  std::vector<v1::Proposal> Selected() const;
  std::vector<std::string> ReadyReasons() const;
  bool IsHidden(std::int64_t id) const;

  const Printer& printer_;
  std::string filter_;
  std::vector<v1::Proposal> rows_;
  std::size_t current_ = 0;
  std::uint64_t total_ = 0;
  std::string next_page_;
  bool must_reload_ = true;
  bool is_asking_ = false;
  bool asks_for_first_ = false;

  std::map<std::int64_t, std::string> marks_;  // to the digest that was seen
  std::deque<Decision> outbox_;
  std::set<std::int64_t> in_flight_;
  std::map<Verdict, std::string> last_reasons_;
  std::optional<std::pair<Verdict, std::string>> last_;
  Decision draft_;
  Tally tally_;

  std::vector<v1::Presence> others_;
  std::optional<std::uint64_t> revision_;

  std::map<std::int64_t, std::string> owners_;  // what others have claimed
  std::uint64_t claims_version_ = 0;
  std::set<std::int64_t> here_;  // the current one, and those that are marked
  TimePoint here_since_;
  std::set<std::int64_t> claimed_;
  TimePoint claimed_at_;
  TimePoint pressed_at_;
  bool may_claim_ = true;

  Mode mode_ = Mode::list;
  std::size_t scrolled_ = 0;
  std::string input_;
  std::size_t chosen_ = 0;  // of ReadyReasons
  std::string notice_;
  bool is_leaving_ = false;
};

}  // namespace cli::review
