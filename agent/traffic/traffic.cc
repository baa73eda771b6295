#include "agent/traffic/traffic.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <mutex>
#include <utility>

#include <absl/container/inlined_vector.h>

namespace agent::traffic {
namespace {

using policy::Domain;
using policy::Indicator;
using policy::IpPrefix;
using policy::TimePoint;
using policy::Url;

// How far a log's clock may be ahead of ours.
constexpr std::chrono::seconds ahead_max = std::chrono::hours(24);
// What a Usage can hold.
constexpr TimePoint earliest{std::chrono::days(days_kept)};
constexpr TimePoint latest{std::chrono::seconds(std::numeric_limits<std::uint32_t>::max())};
// Names above one that count, too: one of a hundred labels must not take a hundred places.
constexpr std::ptrdiff_t levels_max = 8;
constexpr std::size_t known_size = std::size_t{1}
                                   << 23;  // bits: 1 MiB, eight for each of a million

// Squid logs "http://x/a?" of "http://x/a?b", unless strip_query_terms is off.
std::string WithoutQuery(const Url& url) {
  const std::string& text = url.text();
  const std::size_t query = text.find('?');
  return query == std::string::npos ? std::string() : text.substr(0, query + 1);
}

}  // namespace

Traffic::Traffic(const policy::PublicSuffixList& suffixes, std::size_t size_max, SipKey key)
    : suffixes_(suffixes), size_max_(size_max), key_(key), known_(known_size) {}

bool Traffic::Add(const Request& request, TimePoint now) {
  if (request.at > std::min(now + ahead_max, latest)) return false;
  if (request.at < std::max<TimePoint>(now - std::chrono::days(days_kept), earliest)) return true;
  const std::lock_guard lock(mutex_);
  const std::uint64_t client = KeyOf(request.client);
  if (request.name) CountName(request.name->name(), request.at, client);
  if (request.url) OfText(KeyOf(request.url->text())).Count(request.at, client);
  if (request.address) addresses_[*request.address].Count(request.at, client);
  if (texts_.size() + addresses_.size() > size_max_) MakeRoom();
  return true;
}

// Above what somebody registered are places where strangers do: nobody blocks those.
void Traffic::CountName(const std::string& name, TimePoint at, std::uint64_t client) {
  const std::size_t registrable = suffixes_.RegistrableDomain(name).size();
  absl::InlinedVector<std::string_view, levels_max> names{name};
  while (registrable > 0 && names.back().size() > registrable) {
    names.push_back(policy::ParentName(names.back()));
  }
  if (std::ssize(names) > levels_max)
    names.erase(names.begin() + 1, names.end() - (levels_max - 1));
  for (const std::string_view each : names) OfText(KeyOf(each)).Count(at, client);
}

Usage& Traffic::OfText(std::uint64_t key) {
  known_[key % known_size] = true;
  return texts_[key];
}

void Traffic::FindKnown() {
  known_.assign(known_size, false);
  for (const auto& [key, usage] : texts_) known_[key % known_size] = true;
}

void Traffic::MakeRoom() {
  std::vector<TimePoint> times;
  times.reserve(texts_.size() + addresses_.size());
  for (const auto& [key, usage] : texts_) times.push_back(usage.last_seen());
  for (const auto& [address, usage] : addresses_) times.push_back(usage.last_seen());
  const std::size_t excess = times.size() - size_max_ + size_max_ / 10;
  const auto newest_gone = times.begin() + static_cast<std::ptrdiff_t>(excess - 1);
  std::nth_element(times.begin(), newest_gone, times.end());
  const std::size_t size = texts_.size() + addresses_.size();
  const auto is_old = [last = *newest_gone](const auto& each) {
    return each.second.last_seen() <= last;
  };
  absl::erase_if(texts_, is_old);
  absl::erase_if(addresses_, is_old);
  dropped_ += size - texts_.size() - addresses_.size();
  FindKnown();
}

void Traffic::Forget(TimePoint now) {
  const std::lock_guard lock(mutex_);
  const auto is_over = [now](auto& each) { return !each.second.Forget(now); };
  absl::erase_if(texts_, is_over);
  absl::erase_if(addresses_, is_over);
  FindKnown();
}

Usage Traffic::OfKey(std::uint64_t key) const {
  const auto found = texts_.find(key);
  return found == texts_.end() ? Usage() : found->second;
}

Usage Traffic::OfPrefix(const IpPrefix& prefix) const {
  Usage sum;
  // A prefix comes before all that lies in it.
  for (auto at = addresses_.lower_bound(prefix); at != addresses_.end(); ++at) {
    if (!prefix.Contains(at->first)) break;
    sum.Merge(at->second);
  }
  return sum;
}

Traffic::Found Traffic::OfUrl(const Url& url) const {
  if (const auto own = texts_.find(KeyOf(url.text())); own != texts_.end()) {
    return {own->second, {}};
  }
  const std::string page = WithoutQuery(url);
  if (const auto of_page = texts_.find(KeyOf(page)); !page.empty() && of_page != texts_.end()) {
    return {of_page->second, page};
  }
  if (const auto* const host = std::get_if<Domain>(&url.host())) {
    return {OfKey(KeyOf(host->name())), host->name()};
  }
  const auto& address = std::get<IpPrefix>(url.host());
  return {OfPrefix(address), address.AddressString()};
}

Traffic::Found Traffic::Find(const Indicator& indicator) const {
  const std::shared_lock lock(mutex_);
  if (const auto* const domain = std::get_if<Domain>(&indicator)) {
    return {OfKey(KeyOf(domain->name())), {}};
  }
  if (const auto* const prefix = std::get_if<IpPrefix>(&indicator)) return {OfPrefix(*prefix), {}};
  if (const auto* const url = std::get_if<Url>(&indicator)) return OfUrl(*url);
  return {};
}

std::uint64_t Traffic::ClientsOf(const Indicator& indicator, TimePoint now) const {
  const Found found = Find(indicator);
  return found.counted.empty() ? found.usage.Summary(now).clients : 0;
}

std::uint64_t Traffic::ClientsOf(policy::IndicatorKind kind, std::string_view text,
                                 TimePoint now) const {
  const std::uint64_t key = KeyOf(text);
  const std::shared_lock lock(mutex_);
  if (kind == policy::IndicatorKind::ip) {
    const auto prefix = IpPrefix::Parse(text);
    return prefix ? OfPrefix(*prefix).Summary(now).clients : 0;
  }
  if (!known_[key % known_size]) return 0;
  const auto usage = texts_.find(key);
  return usage == texts_.end() ? 0 : usage->second.Summary(now).clients;
}

std::size_t Traffic::size() const {
  const std::shared_lock lock(mutex_);
  return texts_.size() + addresses_.size();
}

std::uint64_t Traffic::dropped() const {
  const std::shared_lock lock(mutex_);
  return dropped_;
}

std::map<std::string, LogState> Traffic::Logs() const {
  const std::shared_lock lock(mutex_);
  return logs_;
}

LogState Traffic::Log(const std::string& name) const {
  const std::shared_lock lock(mutex_);
  const auto found = logs_.find(name);
  return found == logs_.end() ? LogState() : found->second;
}

void Traffic::SetLog(const std::string& name, LogState state) {
  const std::lock_guard lock(mutex_);
  logs_[name] = std::move(state);
}

}  // namespace agent::traffic
