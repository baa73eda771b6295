#include "agent/feeds/fetcher.h"

#include <fmt/core.h>

#include <utility>

#include "agent/feeds/feed_text.h"
#include "agent/feeds/retry.h"
#include "platform/atomic_file.h"
#include "platform/log.h"
#include "policy/digest.h"

namespace agent::feeds {
namespace {

using platform::HttpRequest;
using platform::HttpResponse;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using policy::TimePoint;

constexpr std::size_t kKeySizeMax = 16 * 1024;

// What a server should have said better is refused; where it said nothing, it was not reached.
FetchOutcome OutcomeOf(ErrorCode code) {
  return code == ErrorCode::malformed_input || code == ErrorCode::not_allowed
             ? FetchOutcome::refused
             : FetchOutcome::unreachable;
}

std::string Explain(int status) {
  switch (status) {
    case 401:
    case 403: return "the server wants other credentials: check the source's key";
    case 404:
    case 410: return "the server has no such file: check the source's URL";
    case 406:
      return "the server does not give the media type that is asked for: for TAXII, set "
             "taxii_version to the one that it speaks";
    case 413: return "the server finds the request too large";
    case 429: return "the server asks to be left alone for a while: lengthen the interval";
    default: return status >= 500 ? "the server has trouble" : "that is no answer to a fetch";
  }
}

// The first line of a file that holds a key or password.
Result<std::string> ReadSecret(const std::filesystem::path& file) {
  const auto text = platform::ReadFile(file, kKeySizeMax);
  if (!text) {
    return Fail(text.error().code,
                fmt::format("the key of this source can't be read: {}", text.error().detail));
  }
  const std::string_view line = TrimBlanks(std::string_view(*text).substr(0, text->find('\n')));
  if (line.empty()) {
    return Fail(ErrorCode::unavailable,
                fmt::format("{} is to hold the key of this source, but its first line is empty",
                            file.string()));
  }
  return std::string(line);
}

}  // namespace

std::string_view Name(FetchOutcome outcome) {
  switch (outcome) {
    case FetchOutcome::accepted: return "accepted";
    case FetchOutcome::unchanged: return "unchanged";
    case FetchOutcome::refused: return "refused";
    case FetchOutcome::unreachable: return "unreachable";
  }
  return {};
}

FeedFetcher::FeedFetcher(SourceSettings settings, LastGoodFolder folder,
                         platform::HttpClient& client)
    : settings_(std::move(settings)), folder_(std::move(folder)), client_(&client) {}

Result<FeedFetcher> FeedFetcher::Open(SourceSettings settings,
                                      const std::filesystem::path& data_dir,
                                      platform::HttpClient& client) {
  const bool is_feed = settings.kind == SourceKind::feed;
  auto folder = LastGoodFolder::Open(data_dir / (is_feed ? "feeds" : "allowlists"), settings.name);
  if (!folder) return tl::unexpected(std::move(folder.error()));
  std::shared_ptr<Spool> spool;
  if (settings.format.collect_pushed) {
    auto opened = Spool::Open(data_dir / "push", settings.name);
    if (!opened) return tl::unexpected(std::move(opened.error()));
    spool = *std::move(opened);
    settings.format.collect = settings.format.collect_pushed(spool);
  }
  FeedFetcher fetcher(std::move(settings), *std::move(folder), client);
  fetcher.spool_ = std::move(spool);
  return fetcher;
}

Result<FetchResult> FeedFetcher::LoadLastGood() {
  auto loaded = folder_.Load();
  if (!loaded) return tl::unexpected(std::move(loaded.error()));
  auto parsed =
      settings_.format.parse(loaded->bytes, loaded->file.accepted_at, settings_.limits.rows_max);
  if (!parsed) {
    return Fail(ErrorCode::corrupt,
                fmt::format("the last good file of {} can't be read as {} any more: {}",
                            settings_.name, settings_.format.name, parsed.error().detail));
  }
  last_good_ = std::move(loaded->file);
  FetchResult result = Report(FetchOutcome::unchanged, last_good_->fetched_at);
  result.parsed = *std::move(parsed);
  return result;
}

FetchResult FeedFetcher::Fetch(TimePoint now, std::stop_token stop, SizeCheck size_check) {
  const auto request = MakeRequest(std::move(stop));
  if (!request) return Report(FetchOutcome::unreachable, now, request.error().detail);
  auto response = Request(*request);
  if (!response) return Report(OutcomeOf(response.error().code), now, response.error().detail);
  return TakeResponse(*std::move(response), now, size_check);
}

Result<HttpResponse> FeedFetcher::Request(const HttpRequest& request) const {
  if (!settings_.format.collect) return client_->Get(request);
  std::string before;
  if (IsConditional()) {
    auto loaded = folder_.Load();
    if (!loaded) return tl::unexpected(std::move(loaded.error()));
    before = std::move(loaded->bytes);
  }
  return settings_.format.collect(*client_, request, before);
}

Result<HttpRequest> FeedFetcher::MakeRequest(std::stop_token stop) const {
  HttpRequest request;
  request.url = settings_.url;
  request.deadline = settings_.deadline;
  request.body_size_max = settings_.body_size_max;
  request.allow_private_addresses = settings_.allow_private;
  request.allow_file = settings_.allow_file;
  request.ca_file = settings_.ca_file;
  request.proxy = settings_.proxy;
  request.stop = std::move(stop);
  if (!settings_.auth_header.empty()) {
    auto key = ReadSecret(settings_.auth_file);
    if (!key) return tl::unexpected(std::move(key.error()));
    request.headers.push_back({settings_.auth_header, *std::move(key)});
  }
  if (!settings_.user.empty()) {
    auto password = ReadSecret(settings_.password_file);
    if (!password) return tl::unexpected(std::move(password.error()));
    request.user = settings_.user;
    request.password = *std::move(password);
  }
  request.client_certificate = settings_.client_certificate;
  request.client_key = settings_.client_key;
  if (IsConditional()) {
    request.etag = last_good_->etag;
    request.last_modified = last_good_->last_modified;
  }
  return request;
}

// A validator is worth something only as long as the bytes it stands for are here, and are those of
// this URL: else a 304 would leave us with nothing.
bool FeedFetcher::IsConditional() const {
  return last_good_ && last_good_->url == settings_.url &&
         last_good_->format == settings_.format.name && folder_.Holds(*last_good_);
}

FetchResult FeedFetcher::TakeResponse(HttpResponse response, TimePoint now, SizeCheck size_check) {
  if (response.status == 200) return TakeBody(response, now, size_check);
  if (response.status == 304 && IsConditional()) return Confirm(response, now);
  FetchResult result =
      Report(FetchOutcome::unreachable, now,
             fmt::format("HTTP status {}: {}", response.status, Explain(response.status)));
  result.retry_after = ParseRetryAfter(response.retry_after, now);
  return result;
}

FetchResult FeedFetcher::TakeBody(const HttpResponse& response, TimePoint now,
                                  SizeCheck size_check) {
  const std::string sha256 = policy::ToHex(policy::Sha256Of(response.body));
  if (IsConditional() && sha256 == last_good_->sha256) return Confirm(response, now);
  auto parsed = settings_.format.parse(response.body, now, settings_.limits.rows_max);
  if (!parsed) return Report(FetchOutcome::refused, now, parsed.error().detail);
  AcceptedBefore history = HistoryBefore();
  const auto judged = settings_.format.is_own
                          ? JudgeOwn(parsed->summary, settings_.limits)
                          : JudgeFetch(size_check == SizeCheck::waive ? AcceptedBefore{} : history,
                                       parsed->summary, settings_.limits);
  if (!judged) return Report(FetchOutcome::refused, now, judged.error().detail);
  // What a person has accepted is the new measure: the sizes before would refuse the next fetch.
  if (size_check == SizeCheck::waive) history.rows.clear();
  history.rows.push_back(parsed->summary.rows);
  if (history.rows.size() > history_max) history.rows.erase(history.rows.begin());
  if (parsed->summary.newest_seen) history.newest_seen = parsed->summary.newest_seen;
  AcceptedFile file{.url = settings_.url,
                    .format = settings_.format.name,
                    .etag = response.etag,
                    .last_modified = response.last_modified,
                    .sha256 = sha256,
                    .accepted_at = now,
                    .fetched_at = now,
                    .history = std::move(history)};
  return Accept(std::move(file), response.body, *std::move(parsed), now);
}

// The bytes are the same, so there is nothing to judge or to read.
FetchResult FeedFetcher::Confirm(const HttpResponse& response, TimePoint now) {
  AcceptedFile file = *last_good_;
  if (!response.etag.empty()) file.etag = response.etag;
  if (!response.last_modified.empty()) file.last_modified = response.last_modified;
  file.fetched_at = now;
  if (auto saved = folder_.Save(file); !saved) {
    // Only the time of the fetch is lost, and with it nothing that anybody decides by.
    platform::Warn("{}: cannot note that it is unchanged: {}", settings_.name,
                   saved.error().detail);
  }
  last_good_ = std::move(file);
  return Report(FetchOutcome::unchanged, now);
}

// What can't be kept is not accepted: after a restart it would be gone, and look like a rollback.
FetchResult FeedFetcher::Accept(AcceptedFile file, std::string_view bytes, ParsedSource parsed,
                                TimePoint now) {
  if (auto saved = folder_.Save(file, bytes); !saved) {
    return Report(FetchOutcome::refused, now,
                  fmt::format("it can't be kept on disk: {}", saved.error().detail));
  }
  last_good_ = std::move(file);
  FetchResult result = Report(FetchOutcome::accepted, now);
  result.parsed = std::move(parsed);
  return result;
}

// Another URL or format is the operator's own change, and another file is what it is for.
AcceptedBefore FeedFetcher::HistoryBefore() const {
  const bool same_source =
      last_good_ && last_good_->url == settings_.url && last_good_->format == settings_.format.name;
  return same_source ? last_good_->history : AcceptedBefore{};
}

FetchResult FeedFetcher::Report(FetchOutcome outcome, TimePoint now, std::string detail) const {
  return {.kind = settings_.kind,
          .source = settings_.name,
          .outcome = outcome,
          .detail = settings_.url_secrets.Hide(std::move(detail)),
          .at = now,
          .retry_after = std::nullopt,
          .last_good = last_good_,
          .parsed = std::nullopt};
}

}  // namespace agent::feeds
