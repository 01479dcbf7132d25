"""The shell of every HTML page: one file, no address outside, one constant script that its security policy names.

Without the script (where a viewer runs none) everything is on the page as well; it only hides and points out.
"""

from base64 import b64encode
from hashlib import sha256
from html import escape

from kgen.present import drawing
from kgen.present.graphs import Graph, around, by_namespace, collapsed, is_large
from kgen.present.problems import counted, visible

MOST_DRAWN = 8000  # arrows on one page, those of all namespaces together

_STYLE = """
:root{color-scheme:light dark;--text:#1d2733;--page:#fff;--line:#d4dae2;--head:#f3f5f8;--small:#5a6675;--good:#e1f3e5;
--bad:#fadcd9;--warn:#fbeecb;--link:#0b57a4}
@media(prefers-color-scheme:dark){:root{--text:#e6e9ee;--page:#14181d;--line:#3a424d;--head:#20262e;--small:#a5b0bd;
--good:#1c3a26;--bad:#4a2220;--warn:#453714;--link:#7fb8f5}}
body{margin:0 auto;max-width:1280px;padding:1rem 1.5rem;font:14px/1.45 system-ui,sans-serif;color:var(--text);
background:var(--page)}
h1{font-size:1.3rem}h2{font-size:1.05rem;margin-top:2rem}a{color:var(--link)}
table{border-collapse:collapse}td,th{border:1px solid var(--line);padding:.25rem .5rem;text-align:left;
vertical-align:top}th{background:var(--head)}thead th{position:sticky;top:0;z-index:1}
.scroll{overflow:auto;max-height:80vh;border:1px solid var(--line);border-radius:6px}.scroll>table{border:0}
.good{background:var(--good)}.bad{background:var(--bad)}.warn{background:var(--warn)}
.matrix td{text-align:center;min-width:1.4rem}.matrix th{font-weight:400;white-space:nowrap}
.matrix tbody th{position:sticky;left:0}.matrix thead th{vertical-align:bottom}
.matrix .up{writing-mode:vertical-rl;transform:rotate(180deg);min-height:3rem}
.verdict{padding:.6rem 1rem;border-radius:6px}code{font-size:.92em}small,.small{color:var(--small)}
details{margin:.4rem 0}summary{cursor:pointer}
.bar{position:sticky;top:0;background:var(--page);padding:.5rem 0;z-index:3;display:flex;gap:.75rem;flex-wrap:wrap;
align-items:center}input[type=search]{font:inherit;padding:.3rem .5rem;min-width:18rem;color:inherit;
background:var(--page);border:1px solid var(--small);border-radius:4px}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:.5rem;background:var(--page);padding:.4rem;z-index:9}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}.hidden{display:none}
.dim{opacity:.12}.kg-node{cursor:pointer}.kg-node:focus .kg-box,.kg-node.on .kg-box{stroke:var(--link);stroke-width:2.5}
"""

# Filters rows by what is typed, or stands behind #filter= in the address, and points out what is near a box that is
# chosen. It reads the page, and sets classes of what is on it.
_SCRIPT = """
(function(){
var box=document.getElementById('filter'),told=document.getElementById('told');if(!box)return;
document.querySelectorAll('.needs-script').forEach(function(e){e.classList.remove('hidden')});
function apply(){var text=box.value.trim().toLowerCase(),shown=0,all=0;
document.querySelectorAll('tr[data-find]').forEach(function(row){
var own=row.getAttribute('data-find')||row.textContent,fits=!text||own.toLowerCase().indexOf(text)>=0;
row.classList.toggle('hidden',!fits);all++;if(fits)shown++});
document.querySelectorAll('.kg-node').forEach(function(n){
n.classList.toggle('dim',!!text&&n.getAttribute('data-node').toLowerCase().indexOf(text)<0)});
document.querySelectorAll('.kg-arrow').forEach(function(a){
var ends=(a.getAttribute('data-from')+' '+a.getAttribute('data-to')).toLowerCase();
a.classList.toggle('dim',!!text&&ends.indexOf(text)<0)});
document.querySelectorAll('details[data-find]').forEach(function(d){
d.classList.toggle('hidden',!!text&&d.getAttribute('data-find').toLowerCase().indexOf(text)<0)});
told.textContent=text?shown+' of '+all+' rows':''}
function choose(node){var svg=node.closest('svg'),key=node.getAttribute('data-node'),was=node.classList.contains('on');
svg.querySelectorAll('.on').forEach(function(n){n.classList.remove('on');n.setAttribute('aria-pressed','false')});
svg.querySelectorAll('.dim').forEach(function(n){n.classList.remove('dim')});if(was)return;
node.classList.add('on');node.setAttribute('aria-pressed','true');var near={};near[key]=1;
svg.querySelectorAll('.kg-arrow').forEach(function(a){
var f=a.getAttribute('data-from'),t=a.getAttribute('data-to');
if(f===key||t===key){near[f]=near[t]=1}else a.classList.add('dim')});
svg.querySelectorAll('.kg-node').forEach(function(n){if(!near[n.getAttribute('data-node')])n.classList.add('dim')})}
box.addEventListener('input',apply);
document.querySelectorAll('.kg-node').forEach(function(n){
n.setAttribute('tabindex','0');n.setAttribute('role','button');n.setAttribute('aria-pressed','false');
n.setAttribute('aria-label',n.getAttribute('data-node'));
n.closest('svg').setAttribute('role','group');
n.addEventListener('click',function(){choose(n)});
n.addEventListener('keydown',function(e){if(e.key==='Enter'||e.key===' '){e.preventDefault();choose(n)}})});
if(location.hash.indexOf('#filter=')===0)box.value=decodeURIComponent(location.hash.slice(8));
apply()})();
"""


def page(title: str, body: list[str]) -> str:
    """A whole page. The parts of the body are HTML, every text of the input escaped in them."""
    digest = b64encode(sha256(_SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}{drawing.STYLE}</style></head><body>"
        '<a class="skip" href="#main">To the content</a><main id="main">\n'
        + "\n".join(body)
        + f"\n</main><script>{_SCRIPT}</script></body></html>\n"
    )


def filter_bar() -> str:
    """What is typed here hides the rows that do not hold it."""
    return (
        '<div class="bar needs-script hidden"><label for="filter">Filter</label>'
        '<input type="search" id="filter" placeholder="an agent, a namespace, a port …" autocomplete="off">'
        '<span id="told" class="small" role="status" aria-live="polite"></span>'
        '<span class="small">A box of a drawing, chosen by click or Enter, shows what is next to it.</span></div>'
    )


def pictures(graph: Graph) -> list[str]:
    """The graph; where it is too large, its namespaces and each namespace by itself."""
    if not is_large(graph):
        return [_picture(graph, "kg")]
    parts = [_picture(collapsed(graph), "kg")]
    drawn = 0
    for number, namespace in enumerate(sorted(by_namespace(graph))):
        near = around(graph, namespace)
        if not namespace or not near.edges:
            continue
        drawn += len(near.edges)
        if drawn > MOST_DRAWN:
            parts.append("<p>The other namespaces: <code>kgen graph --namespace NAME</code>.</p>")
            break
        own = sum(node.namespace == namespace for node in near.nodes)
        names = " ".join(node.key for node in near.nodes)
        parts.append(
            f'<details data-find="{text(names)}"><summary>{text(namespace)}: {counted(own, "agent")}, '
            f"{counted(len(near.edges), 'arrow')}</summary>{_picture(near, f'kg{number}', False)}</details>"
        )
    return parts


def _picture(graph: Graph, mark: str, told: bool = True) -> str:
    lines = f'<p class="small">{escape(drawing.legend(graph))}</p>' if told else ""
    return f'{lines}<div class="scroll" tabindex="0">{drawing.svg(graph, mark, alone=False)}</div>'


def graph_page(graph: Graph) -> str:
    """The picture on a page of its own."""
    return page("Who may call whom", ["<h1>Who may call whom</h1>", filter_bar(), *pictures(graph)])


def text(value: str) -> str:
    """Text of the input, for content and for attributes."""
    return escape(visible(value))
