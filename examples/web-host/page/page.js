// What servers say is text, never markup: everything goes in by textContent.
const $ = (id) => document.getElementById(id);
const MAX_EVENTS = 200;
const tools = [];

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function post(path, body = {}) {
  const headers = { 'content-type': 'application/json' };
  return fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** One field for each property of a schema. */
function fieldsOf({ properties = {}, required = [] } = {}) {
  return Object.entries(properties).map(([name, schema]) => {
    const { type, title = name, enum: values, default: preset } = schema;
    const isRequired = required.includes(name);
    if (type === 'boolean') {
      const box = element('input', { type: 'checkbox', name, checked: preset === true });
      return element('label', {}, box, title);
    }
    const isNumber = type === 'number' || type === 'integer';
    const input = values
      ? element('select', { name }, ...values.map((value) => element('option', { value }, value)))
      : element('input', { name, type: isNumber ? 'number' : 'text', required: isRequired });
    if (isNumber && type === 'number') input.step = 'any';
    if (preset !== undefined) input.value = preset;
    return element('label', {}, isRequired ? `${title} *` : title, input);
  });
}

function valuesOf(form, { properties = {} } = {}) {
  const values = {};
  for (const [name, { type }] of Object.entries(properties)) {
    const input = form.elements.namedItem(name);
    if (type === 'boolean') values[name] = input.checked;
    else if (input.value !== '')
      values[name] = type === 'string' ? input.value : parse(input.value);
  }
  return values;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// ---- tools

async function loadTools() {
  const response = await fetch('tools');
  if (!response.ok) return;
  const { key, tools: ofServers } = await response.json();
  $('key').textContent = `scope ${key}`;
  const groups = Object.entries(ofServers).map(([server, all]) => {
    const options = all.map((tool) => {
      const value = tools.push({ server, tool }) - 1;
      return element('option', { value }, tool.name);
    });
    return element('optgroup', { label: server }, ...options);
  });
  $('tool').replaceChildren(...groups);
  $('tool').disabled = false;
  $('call').querySelector('button').disabled = false;
  showTool();
}

function showTool() {
  const { tool } = tools[$('tool').value];
  $('about').textContent = tool.description ?? '';
  $('args').replaceChildren(...fieldsOf(tool.inputSchema));
}

$('tool').addEventListener('change', showTool);
$('call').addEventListener('submit', (event) => {
  event.preventDefault();
  void callTool();
});
$('leave').addEventListener('click', () => void post('leave'));

async function callTool() {
  const { server, tool } = tools[$('tool').value];
  $('answer').textContent = 'Waiting …';
  const response = await post('call', {
    server,
    tool: tool.name,
    args: valuesOf($('call'), tool.inputSchema),
  });
  const result = await response.json();
  const texts = result.content?.map((part) => part.text ?? `[${part.type}]`);
  $('answer').textContent = texts?.join('\n') ?? result.error?.message ?? String(result.error);
}

// ---- questions

function showQuestion({ id, params }) {
  if (document.getElementById(id)) return;
  const answer = (action) => {
    const content = action === 'accept' && { content: valuesOf(form, params.requestedSchema) };
    return post('answer', { id, answer: { action, ...content } });
  };
  const button = (label, action) =>
    element('button', { type: 'button', onclick: () => answer(action) }, label);
  const form = element(
    'form',
    {
      id,
      className: 'question',
      onsubmit: (event) => {
        event.preventDefault();
        void answer('accept');
      },
    },
    element('small', {}, `${params.server} asks`),
    element('p', {}, params.message),
    ...fieldsOf(params.requestedSchema),
    element(
      'p',
      { className: 'actions' },
      element('button', { className: 'primary' }, 'Accept'),
      button('Decline', 'decline'),
      button('Cancel', 'cancel'),
    ),
  );
  $('questions').append(form);
  countQuestions();
}

function countQuestions() {
  $('no-questions').hidden = $('questions').childElementCount > 0;
}

// ---- events

const texts = {
  rpc: ({ client, direction, kind, method, bytes }) =>
    `${client} ${direction === 'out' ? '→' : '←'} ${method ?? kind}, ${bytes} bytes`,
  progress: ({ client, progress, total }) => `${client} ${progress} of ${total ?? '?'}`,
  question: ({ params }) => params.message,
  'question.closed': () => '',
  result: ({ server, tool }) => `${server} ${tool}`,
  'client.lost': ({ client }) => client,
  missed: ({ events }) => `${events} events`,
  ended: ({ reason }) => reason,
};

const source = new EventSource('events');
source.addEventListener('open', () => ($('state').textContent = 'live'));
source.addEventListener('error', () => ($('state').textContent = 'not connected'));
for (const [kind, textOf] of Object.entries(texts)) {
  source.addEventListener(kind, (event) => {
    const { at, data } = JSON.parse(event.data);
    const time = new Date(at).toLocaleTimeString();
    const cells = [
      element('time', {}, time),
      element('b', {}, kind),
      element('span', {}, textOf(data)),
    ];
    $('events').prepend(element('li', {}, ...cells));
    while ($('events').childElementCount > MAX_EVENTS) $('events').lastChild.remove();
  });
}
// All that are open, whenever the stream begins.
source.addEventListener('questions', (event) => {
  $('questions').replaceChildren();
  for (const question of JSON.parse(event.data).data) showQuestion(question);
  countQuestions();
});
source.addEventListener('question', (event) => showQuestion(JSON.parse(event.data).data));
source.addEventListener('question.closed', (event) => {
  document.getElementById(JSON.parse(event.data).data.id)?.remove();
  countQuestions();
});
source.addEventListener('ended', () => {
  source.close();
  $('state').textContent = 'ended: reload the page to begin anew';
});

await loadTools();
