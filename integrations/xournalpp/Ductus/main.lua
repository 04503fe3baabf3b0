-- Reads handwriting with the program ductus. Works with Xournal++ 1.1.3 and later; see integrations/xournalpp/README.md.

-- Calls of another program, where it is not in the PATH.
local program = os.getenv("DUCTUS") or "ductus"

function initUi()
  app.registerUi({["menu"] = "Recognize page", ["callback"] = "recognizePage", ["accelerator"] = "<Control><Alt>r"})
  app.registerUi({["menu"] = "Export searchable PDF", ["callback"] = "exportSearchablePDF", ["accelerator"] = "<Control><Alt>e"})
end

-- A text as one word of the shell.
local function quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- What a command printed, its errors too, and whether it succeeded.
local function run(command)
  local pipe = io.popen(command .. " 2>&1; echo \"status $?\"")
  local output = pipe:read("*a")
  pipe:close()
  local text, status = output:match("^(.*)status (%d+)%s*$")
  return text or output, status == "0"
end

local function say(text)
  app.msgbox(text, {[1] = "OK"})
end

-- The path that a file's address names.
local function path(address)
  return address:gsub("^file://", ""):gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end)
end

-- The note that was opened or saved last, from the desktop's list of recent files: Xournal++ 1.1.3 does not tell a plugin which it shows.
local function latestNote()
  local data = os.getenv("XDG_DATA_HOME")
  if data == nil or data == "" then data = (os.getenv("HOME") or "") .. "/.local/share" end
  local list = io.open(data .. "/recently-used.xbel", "r")
  if list == nil then return nil end
  local latest, found = "", nil
  for mark in list:read("*a"):gmatch("<bookmark (.-)>") do
    local address = mark:match('href="(file://[^"]*%.xopp)"')
    local time = mark:match('modified="([^"]*)"') or ""
    local visited = mark:match('visited="([^"]*)"') or ""
    if visited > time then time = visited end
    if address ~= nil and time > latest then latest, found = time, path(address) end
  end
  list:close()
  return found
end

-- The document's file as it is saved, and its page; nil, after saying so, where it has none.
local function document()
  local structure = app.getDocumentStructure()
  local file = structure["xoppFilename"]
  if file == nil or file == "" then file = latestNote() end
  if file == nil or file == "" then
    say("Save the document first: Ductus reads its file.")
    return nil
  end
  return file, structure["currentPage"]
end

function recognizePage()
  local file, page = document()
  if file == nil then return end
  local text, done = run(program .. " recognize " .. quoted(file) .. " --page " .. tostring(page))
  if text:match("^%s*$") then text = "There is no handwriting on this page, as it was saved." end
  say(done and file .. ", page " .. tostring(page) .. ":\n\n" .. text or "Ductus could not read the page:\n" .. text)
end

function exportSearchablePDF()
  local file = document()
  if file == nil then return end
  local exported = os.tmpname()
  local result = file:gsub("%.xopp$", "") .. "-searchable.pdf"
  -- Xournal++ draws the pages, with backgrounds, images and text; Ductus puts the words behind them.
  local text, done = run("xournalpp --create-pdf=" .. quoted(exported .. ".pdf") .. " " .. quoted(file))
  if done then
    text, done = run(program .. " recognize " .. quoted(file) .. " --format pdf --over " .. quoted(exported .. ".pdf")
      .. " --out " .. quoted(result))
  end
  os.remove(exported)
  os.remove(exported .. ".pdf")
  say(done and "Written: " .. result or "The PDF could not be written:\n" .. text)
end
