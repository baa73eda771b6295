#include "agent/feeds/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "platform/atomic_file.h"
#include "platform/encoding.h"
#include "platform/log.h"
#include "policy/digest.h"

namespace agent::feeds {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::string_view kMagic = "spool 1";
constexpr std::size_t kBacklogMax = 256 * 1024 * 1024;
constexpr std::size_t kRecentMax = 1000;
constexpr std::size_t kIdSize = 16;
constexpr mode_t kMode = 0600;

tl::unexpected<policy::Error> FileError(const std::string& what, const fs::path& path) {
  const ErrorCode code =
      errno == ENOSPC || errno == EDQUOT ? ErrorCode::exhausted : ErrorCode::unavailable;
  return Fail(code, what + " " + path.string() + ": " + std::generic_category().message(errno));
}

std::string DigestOf(std::string_view bytes) {
  return policy::ToHex(policy::Sha256Of(bytes));
}

std::string DumpLine(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Throws on a line that is no JSON object; takes it off `text`.
Json TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) throw std::invalid_argument("no line");
  Json json = Json::parse(text.substr(0, end));
  text.remove_prefix(end + 1);
  return json;
}

}  // namespace

// One batch as it stands in the file.
std::string Spool::RecordOf(std::uint64_t number, const Request& request, std::string_view rows) {
  const Json head{{"batch", number},
                  {"request", request.id},
                  {"fingerprint", request.fingerprint},
                  {"size", rows.size()},
                  {"sha256", DigestOf(rows)}};
  return DumpLine(head).append(rows);
}

struct Spool::Contents {
  std::string id;
  std::uint64_t next = 1;
  std::deque<Request> recent;
  std::vector<Batch> batches;
  std::uint64_t good_size = 0;  // what follows is no batch
};

Result<Spool::Contents> Spool::Parse(std::string_view text) {
  Contents contents;
  const std::size_t size = text.size();
  try {
    const Json header = TakeLine(text);
    if (header.at("sekisho") != kMagic) throw std::invalid_argument("another file");
    contents.id = header.at("id");
    contents.next = header.at("next");
    for (const Json& each : header.at("recent"))
      contents.recent.push_back({each.at(0), each.at(1)});
  } catch (const std::exception&) {
    return Fail(ErrorCode::corrupt, "its first line is not what this program writes");
  }
  try {
    while (true) {
      contents.good_size = size - text.size();
      const Json head = TakeLine(text);
      const std::string_view rows = text.substr(0, head.at("size").get<std::size_t>());
      if (Json(DigestOf(rows)) != head.at("sha256")) break;
      text.remove_prefix(rows.size());
      contents.next = head.at("batch").get<std::uint64_t>() + 1;
      Request request{head.at("request"), head.at("fingerprint")};
      contents.recent.push_back(request);
      contents.batches.push_back({contents.next - 1, std::move(request), std::string(rows)});
    }
  } catch (const std::exception&) {
    // The end, or what was being appended when the power failed.
  }
  return contents;
}

Result<std::shared_ptr<Spool>> Spool::Open(const fs::path& folder, const std::string& name) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return Fail(ErrorCode::unavailable,
                "cannot make the folder " + folder.string() + ": " + error.message());
  }
  std::shared_ptr<Spool> spool(new Spool(folder / (name + ".spool")));
  if (!fs::exists(spool->path_, error)) {
    const auto id = platform::RandomBytes(kIdSize);
    if (!id) return tl::unexpected(id.error());
    spool->id_ = platform::ToHex(*id);
    auto made = platform::WriteFileAtomically(spool->path_, spool->Header(), kMode);
    if (!made) return tl::unexpected(std::move(made.error()));
  }
  if (auto loaded = spool->Load(); !loaded) return tl::unexpected(std::move(loaded.error()));
  return spool;
}

Result<void> Spool::Load() {
  const auto text = platform::ReadFile(path_, 2 * kBacklogMax);
  if (!text) return tl::unexpected(text.error());
  auto contents = Parse(*text);
  if (!contents) {
    return Fail(contents.error().code, path_.string() + ": " + contents.error().detail +
                                           ". Move it away, and what waited in it has to be "
                                           "pushed again");
  }
  id_ = contents->id;
  next_ = contents->next;
  for (Request& request : contents->recent) Remember(std::move(request));
  size_ = contents->good_size;
  if (auto opened = OpenForAppend(); !opened) return opened;
  if (size_ == text->size()) return {};
  const fs::path broken = path_.string() + ".broken";
  platform::Warn(
      "{}: its last {} bytes are no whole batch, as when the power fails before one is "
      "acknowledged; they are in {} now",
      path_.string(), text->size() - size_, broken.string());
  auto kept = platform::WriteFileAtomically(broken, std::string_view(*text).substr(size_), kMode);
  if (!kept) return kept;
  if (::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0 || ::fsync(fd_.get()) != 0) {
    return FileError("cannot shorten", path_);
  }
  return {};
}

Result<void> Spool::OpenForAppend() {
  fd_ = platform::FileDescriptor(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!fd_.valid()) return FileError("cannot open", path_);
  return {};
}

Result<Spool::Taken> Spool::Append(const Request& request, std::string_view rows) {
  const std::lock_guard lock(mutex_);
  const auto known = std::find_if(recent_.begin(), recent_.end(),
                                  [&](const Request& each) { return each.id == request.id; });
  if (known != recent_.end()) {
    if (known->fingerprint == request.fingerprint) return Taken::before;
    return Fail(ErrorCode::conflict,
                "another request had this request_id: take a new one for each request, and the "
                "same one only to repeat it");
  }
  if (size_ + rows.size() > kBacklogMax) {
    return Fail(ErrorCode::exhausted,
                "too much waits to be taken in; try again in a moment. If it stays so, see "
                "`sekisho feed list` for what is wrong");
  }
  auto written = WriteAtEnd(RecordOf(next_, request, rows));
  if (!written) return tl::unexpected(std::move(written.error()));
  ++next_;
  Remember(request);
  return Taken::now;
}

Result<void> Spool::WriteAtEnd(std::string_view record) {
  std::string_view rest = record;
  while (!rest.empty()) {
    const ssize_t count = ::write(fd_.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (rest.empty() && ::fdatasync(fd_.get()) == 0) {
    size_ += record.size();
    return {};
  }
  auto error = FileError("nothing was taken: cannot write", path_);
  // Else the next batch would stand behind half of this one.
  if (::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0) fd_.Close();
  return error;
}

Result<Spool::Backlog> Spool::Read() const {
  const std::lock_guard lock(mutex_);
  auto contents = Reread();
  if (!contents) return tl::unexpected(contents.error());
  return Backlog{std::move(contents->id), std::move(contents->batches)};
}

Result<Spool::Contents> Spool::Reread() const {
  const auto text = platform::ReadFile(path_, 2 * kBacklogMax);
  if (!text) return tl::unexpected(text.error());
  auto contents = Parse(std::string_view(*text).substr(0, size_));
  if (contents && contents->good_size == size_) return contents;
  return Fail(ErrorCode::corrupt, path_.string() +
                                      ": a batch in it is damaged. Move it away, start the agent "
                                      "again, and have what waited in it pushed again");
}

Result<void> Spool::DropThrough(std::string_view spool_id, std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (spool_id != id_) return {};
  const auto contents = Reread();
  if (!contents) return tl::unexpected(contents.error());
  std::string text = Header();
  bool drops = false;
  for (const Batch& batch : contents->batches) {
    drops |= batch.number <= number;
    if (batch.number > number) text += RecordOf(batch.number, batch.request, batch.rows);
  }
  if (!drops) return {};
  auto written = platform::WriteFileAtomically(path_, text, kMode);
  // A rename that a power loss undoes brings back batches that are skipped by their number.
  if (!written && written.error().code != ErrorCode::outcome_unknown) return written;
  size_ = text.size();
  return OpenForAppend();
}

void Spool::Remember(Request request) {
  const bool is_known = std::any_of(recent_.begin(), recent_.end(),
                                    [&](const Request& each) { return each.id == request.id; });
  if (is_known) return;
  recent_.push_back(std::move(request));
  if (recent_.size() > kRecentMax) recent_.pop_front();
}

std::string Spool::Header() const {
  Json recent = Json::array();
  for (const Request& request : recent_) recent.push_back({request.id, request.fingerprint});
  const Json header{{"sekisho", kMagic}, {"id", id_}, {"next", next_}, {"recent", recent}};
  return DumpLine(header);
}

}  // namespace agent::feeds
