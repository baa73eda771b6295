#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "policy/digest.h"
#include "policy/time.h"

namespace agent::store {

using policy::TimePoint;

// Somebody with a password of ours, or one who came by single sign-on.
struct Account {
  std::string name;
  std::string role;
  std::string password;            // Argon2id, as libsodium writes it; empty: no log-in by password
  std::string one_time_secret;     // TOTP, raw bytes; empty: none
  std::int64_t one_time_step = 0;  // of the last code used, so that none works twice
  bool disabled = false;
  TimePoint created;
  std::optional<TimePoint> last_log_in;
  std::optional<policy::Sha256> invitation;  // of the token that sets a password
  std::optional<TimePoint> invitation_expires;
  std::string external_id = {};  // "ISSUER|SUBJECT", of one who comes by single sign-on; else empty
};

// A browser that somebody logged in with.
struct Session {
  policy::Sha256 digest{};  // of the secret in the cookie
  std::string account;
  TimePoint created;
  TimePoint used;  // last
};

struct ApiToken {
  std::int64_t id = 0;
  std::string name;  // the actor of its acts
  std::string role;
  policy::Sha256 digest{};
  std::string created_by;
  TimePoint created;
  TimePoint expires;
  bool revoked = false;
  std::string scope = {};  // people::TokenScope; empty: all that the role may
};

// What somebody did that waits for something, and holds only while that person may still do it.
enum class OpenAct : std::uint8_t {
  vote,           // on an undecided proposal
  standing_vote,  // on a standing approval that has not ended
  bulk,           // a decision on many that is under way
  allow_removal,  // of an allowlist entry, asked for
  rules,          // proposed
};
inline constexpr std::array all_open_acts{OpenAct::vote, OpenAct::standing_vote, OpenAct::bulk,
                                          OpenAct::allow_removal, OpenAct::rules};
struct OpenActOf {
  std::string person;
  OpenAct act;
  bool operator==(const OpenActOf&) const = default;
};

}  // namespace agent::store
